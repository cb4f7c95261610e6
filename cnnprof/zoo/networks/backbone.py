"""Any classifier of the zoo as the backbone of a detector: its maps at strides 8, 16 and 32, without its head.

A classifier is run once on the meta device, where nothing is computed, to see which modules an image passes one
after another and where its map halves. The backbone is those modules, cut behind the last map of each stride.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from cnnprof.zoo.build import builder_of, without_weights
from cnnprof.zoo.catalogue import find_entry
from cnnprof.zoo.networks.detection import Maps

STRIDES = (8, 16, 32)
HEAD = "classifier"  # what every classifier of the zoo calls it
# The side of the image that is sent through: networks that do not pad still show their strides at this size.
PROBE = 512

Versioned = tuple[Tensor, int]  # a tensor, and how often it had been written in place


@dataclass(slots=True)
class Call:
    """One module as it ran: what went in and came out, and the modules that ran inside it."""

    path: str
    module: nn.Module
    taken: Versioned | None = None
    given: Versioned | None = None
    inside: list[Call] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cut:
    """Paths of the modules that lead to the last map of one stride, from the map before.

    ``side`` is the map's for an image of PROBE pixels a side: PROBE / stride unless layers do not pad.
    """

    stride: int
    paths: tuple[str, ...]
    channels: int
    side: int


class FeatureMaps(nn.Module):
    """A classifier without its head: ``N x 3 x H x W`` to its last maps at strides 8, 16 and 32.

    ``channels`` are those of the three maps. H and W need not be multiples of 32 where the classifier's need not.
    """

    def __init__(self, network: nn.Module, cuts: tuple[Cut, ...]) -> None:
        super().__init__()
        self.channels = [cut.channels for cut in cuts]
        self.stages = nn.ModuleList(
            nn.Sequential(*(network.get_submodule(path) for path in cut.paths)) for cut in cuts
        )

    def forward(self, x: Tensor) -> Maps:
        """``N x 3 x H x W`` to three maps, the finest first."""
        maps: Maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def zoo_backbone(name: str, inside_blocks: bool = False, aligned: bool = False) -> FeatureMaps:
    """The backbone of the zoo's classifier ``name``.

    A map is the output of a block. With ``inside_blocks`` a block that is no more than a row of layers is taken
    apart, so that a map may lie inside it: SSDLite predicts from the expanded map in the block that strides
    (MobileNetV2, section 6.2). ``aligned`` wants each map to be half as wide as the one before, as necks do that
    join an upsampled map to the finer one. Raises UnknownNameError for an unknown name, and ValueError for an
    entry that is no classifier or a classifier that has no such maps.
    """
    entry = find_entry(name)
    if entry.task != "classification":
        raise ValueError(f"a backbone is one of the zoo's classifiers, and {name} is for {entry.task}")
    cuts = _cuts_of_entry(name, inside_blocks)
    if aligned and any(cut.side * cut.stride != PROBE for cut in cuts):
        raise ValueError(f"{name} has layers that do not pad: its maps do not halve exactly")
    return FeatureMaps(builder_of(entry)(**entry.arguments), cuts)


@cache
def _cuts_of_entry(name: str, inside_blocks: bool) -> tuple[Cut, ...]:
    entry = find_entry(name)
    return find_cuts(name, lambda: builder_of(entry)(**entry.arguments), inside_blocks)


@cache
def find_cuts(name: str, build: Callable[[], nn.Module], inside_blocks: bool) -> tuple[Cut, ...]:
    """Where the network that ``build`` makes has its last maps at strides 8, 16 and 32; ``name`` is for the error."""
    with without_weights(), torch.no_grad():
        network = build().eval()
        steps = _steps(network, torch.empty(1, 3, PROBE, PROBE), inside_blocks)
    last = {step.stride: index for index, step in enumerate(steps)}
    if missing := [str(stride) for stride in STRIDES if stride not in last]:
        found = ", ".join(str(stride) for stride in last) or "none"
        raise ValueError(
            f"{name} has no map at stride {missing[0]} to stand as a backbone (strides: {found})"
        )
    ends = [0, *(last[stride] + 1 for stride in STRIDES)]
    return tuple(
        replace(steps[end - 1], paths=tuple(path for step in steps[start:end] for path in step.paths))
        for start, end in pairwise(ends)
    )


def _steps(network: nn.Module, image: Tensor, inside_blocks: bool) -> list[Cut]:
    """Every module that the image passes in turn, each as a cut of its own, up to the pool or the classifier."""
    calls = _run(network, image)
    steps: list[Cut] = []
    for call in _row((image, image._version), calls):
        for step in _apart(call, inside_blocks):
            assert step.given is not None
            shape = step.given[0].shape
            stride = 2 ** round(math.log2(PROBE / shape[2])) if len(shape) == 4 else 0
            if not 1 <= stride <= STRIDES[-1] or step.path.split(".")[0] == HEAD:
                return steps
            steps.append(Cut(stride, (step.path,), shape[1], shape[2]))
    return steps


def _row(taken: Versioned, calls: list[Call]) -> list[Call]:
    """The first of ``calls`` that take in turn exactly what the one before gave."""
    row: list[Call] = []
    for call in calls:
        if call.given is None or not _same(call.taken, taken):
            break
        row.append(call)
        taken = call.given
    return row


def _same(one: Versioned | None, other: Versioned | None) -> bool:
    """Whether both are the same tensor with nothing written into it between them."""
    return one is not None and other is not None and one[0] is other[0] and one[1] == other[1]


def _apart(call: Call, inside_blocks: bool) -> list[Call]:
    """A call as the calls inside it, if they are all that it does."""
    if call.taken is None or not call.inside or not (inside_blocks or type(call.module) is nn.Sequential):
        return [call]
    row = _row(call.taken, call.inside)
    if len(row) < len(call.inside) or not _same(row[-1].given, call.given):
        return [call]
    return [step for inner in row for step in _apart(inner, inside_blocks)]


def _run(network: nn.Module, image: Tensor) -> list[Call]:
    """The modules that the network itself calls, in order."""
    paths = {module: path for path, module in network.named_modules()}
    stack = [Call("", network)]
    with _watched(network, paths, stack):
        network(image)
    return stack[0].inside[0].inside


@contextmanager
def _watched(network: nn.Module, paths: dict[nn.Module, str], stack: list[Call]) -> Iterator[None]:
    """Every module call inside is put where it belongs in the tree of calls below ``stack[0]``."""

    def before(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        call = Call(paths[module], module, _versioned(inputs[0] if inputs else None))
        stack[-1].inside.append(call)
        stack.append(call)

    def after(_module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
        stack.pop().given = _versioned(output)

    hooks: list[Any] = []
    for module in network.modules():
        hooks += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _versioned(value: object) -> Versioned | None:
    """A tensor with its count of in-place writes; None for anything else."""
    return (value, value._version) if isinstance(value, Tensor) else None
