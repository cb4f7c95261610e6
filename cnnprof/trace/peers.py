"""Independent counters run on the same network: fvcore's FlopCountAnalysis and torch's FlopCounterMode."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Container, Mapping, Sequence
from importlib.metadata import version

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnprof.errors import in_one_line
from cnnprof.records.convention import PeerCount
from cnnprof.trace.untouched.randomness import draws_undone

Amounts = dict[str, dict[str, int]]  # module path -> operator -> amount, inner modules included


def run_peers(
    model: nn.Module, shapes: Sequence[tuple[int, ...]], dtype: str = "float32"
) -> tuple[PeerCount, ...]:
    """Both counters on one real forward pass each, on the CPU; the model needs weights.

    A counter that fails is reported with its problem and does not stop the other. Both begin at the same random
    numbers, which nobody misses afterwards.
    """

    def inputs() -> tuple[Tensor, ...]:
        return tuple(torch.randn(shape, dtype=getattr(torch, dtype)) for shape in shapes)

    return (
        _run("fvcore", version("fvcore"), 1, lambda: _fvcore(model, inputs())),
        _run("torch FlopCounterMode", torch.__version__, 2, lambda: _flop_counter_mode(model, inputs())),
    )


def _run(counter: str, release: str, per_mac: int, count: Callable[[], Amounts]) -> PeerCount:
    try:
        with draws_undone():
            amounts = count()
    except Exception as error:  # a peer that cannot read a network must not hide the other's answer
        return PeerCount(counter, release, per_mac, problem=in_one_line(error))
    return PeerCount(counter, release, per_mac, _own_amounts(amounts))


def _fvcore(model: nn.Module, inputs: tuple[Tensor, ...]) -> Amounts:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # jit tracing warns of every branch on a shape
        from fvcore.nn import FlopCountAnalysis

        logger = logging.getLogger("fvcore.nn.jit_analysis")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            analysis = FlopCountAnalysis(model, inputs).unsupported_ops_warnings(False)
            analysis.uncalled_modules_warnings(False)
            found = analysis.by_module_and_operator()
        finally:
            logger.setLevel(level)
    return {path: {name: int(amount) for name, amount in ops.items()} for path, ops in found.items()}


def _flop_counter_mode(model: nn.Module, inputs: tuple[Tensor, ...]) -> Amounts:
    try:
        return _by_torch(model, inputs)
    except AssertionError:  # it fails where a view of a weight that takes gradients goes into a module
        return _by_torch(model.requires_grad_(False), inputs)


def _by_torch(model: nn.Module, inputs: tuple[Tensor, ...]) -> Amounts:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return {
        _below_root(path): {str(name).removeprefix("aten."): int(amount) for name, amount in ops.items()}
        for path, ops in counter.get_flop_counts().items()
    }


def _below_root(path: str) -> str:
    """``MobileNetV2.features.0`` is the module ``features.0``; the whole is the empty path."""
    return "" if path == "Global" else path.partition(".")[2]


def _own_amounts(amounts: Mapping[str, Mapping[str, int]]) -> tuple[tuple[str, str, int], ...]:
    """What each module computes itself: its total less what the modules inside it compute."""
    own = {path: dict(ops) for path, ops in amounts.items()}
    for path in amounts:
        above = _above(path, own)
        if above is not None:
            for name, amount in amounts[path].items():
                own[above][name] = own[above].get(name, 0) - amount
    return tuple((path, name, amount) for path, ops in own.items() for name, amount in ops.items() if amount)


def _above(path: str, known: Container[str]) -> str | None:
    """The nearest module around ``path`` that has amounts: a ModuleList in between is never called and has none."""
    while path:
        path = path.rpartition(".")[0]
        if path in known:
            return path
    return None
