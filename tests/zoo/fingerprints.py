"""What each network of the zoo computes, in a few figures: weights and inputs come from a formula, not from torch.

``python -m tests.zoo.fingerprints`` writes the rows that are missing, ``python -m tests.zoo.fingerprints NAME...``
renews those named, ``--all`` every one. Look at the difference before committing it: a row that changes is a network
that computes something else.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from cnnprof.records.entry import Entry
from cnnprof.zoo.build import Unfilled, build_entry
from cnnprof.zoo.catalogue import catalogue

FILE = Path(__file__).parent.parent / "golden" / "fingerprints.csv"
FIELDS = ("name", "input", "elements", "rms", "mean", "projection")
POOL = 1_000_003  # a prime: no layer's size divides it
LARGE = (
    100_000_000  # parameters; such a network stays in single precision, or it would not fit small machines
)
SIDES = (64, 96, 128, 224, 288)  # the smallest that the network takes


@dataclass(frozen=True)
class Fingerprint:
    """``projection`` weighs every output with a number of its own, and so sees the order of channels."""

    name: str
    input: str
    elements: int
    rms: float
    mean: float
    projection: float

    def row(self) -> dict[str, str]:
        figures = {field: f"{getattr(self, field):.6g}" for field in ("rms", "mean", "projection")}
        return {"name": self.name, "input": self.input, "elements": str(self.elements), **figures}


@cache
def pool() -> Tensor:
    """Numbers between -1 and 1 that look random, by integer arithmetic that is the same everywhere."""
    index = torch.arange(1, POOL + 1, dtype=torch.int64)
    mixed = (index * 2_654_435_761) % 2**32
    mixed = ((mixed ^ (mixed >> 15)) * 73_244_475) % 2**32
    mixed = ((mixed ^ (mixed >> 13)) * 40_503_001) % 2**32
    return ((mixed.double() + 0.5) / 2**31 - 1).float()


@cache
def twice() -> Tensor:
    return pool().repeat(2)


def numbers(shape: Iterable[int], offset: int) -> Tensor:
    """A tensor of the pool's numbers, from ``offset`` on and round again."""
    size = torch.Size(tuple(shape))
    count, start = size.numel(), offset % POOL
    if count <= POOL:
        return twice()[start : start + count].reshape(size)
    return twice()[start : start + POOL].repeat(count // POOL + 1)[:count].reshape(size)


def fill(model: nn.Module) -> None:
    """Weights by fan-in, so that signals neither vanish nor explode; norms away from the identity."""
    with torch.no_grad():
        for index, (name, tensor) in enumerate((*model.named_parameters(), *norm_buffers(model))):
            found = numbers(tensor.shape, 7919 * index)
            if name.endswith("running_var"):
                tensor.copy_(1 + 0.3 * found.abs())
            elif tensor.dim() > 1:
                tensor.copy_(found * (6 / max(1, tensor[0].numel())) ** 0.5)
            else:
                tensor.copy_(0.2 * found + (1 if name.endswith("weight") else 0))


def norm_buffers(model: nn.Module) -> list[tuple[str, Tensor]]:
    """Running statistics; any other buffer is the network's own constant."""
    return [(name, tensor) for name, tensor in model.named_buffers() if "running_" in name]


def build(entry: Entry) -> nn.Module:
    """The network with the formula's weights, in double precision: a deep network magnifies what its sums round off."""
    with Unfilled("cpu"):
        model = build_entry(entry, {})
    kinds = ("running_mean", "running_var", "num_batches_tracked")
    if not all(name.endswith(kinds) for name, _ in model.named_buffers()):
        model = build_entry(entry, {})  # its constants have to be filled
    if sum(parameter.numel() for parameter in model.parameters()) < LARGE:
        model = model.double()
    fill(model)
    return model.eval()


def take(entry: Entry) -> Fingerprint:
    """The fingerprint of an entry as it computes here and now, on one thread: always the same order of sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _take(entry)
    finally:
        torch.set_num_threads(threads)


def _take(entry: Entry) -> Fingerprint:
    model = build(entry)
    channels = entry.input[0]
    sides = (8,) if entry.task == "block" else (*SIDES, entry.input[1])
    for side in sides:
        try:
            with torch.inference_mode():
                x = numbers((1, channels, side, side), 12_345)
                result = model(x.to(next((p.dtype for p in model.parameters()), x.dtype)))
        except (RuntimeError, ValueError):
            if side == sides[-1]:
                raise
            continue
        return figures(entry.name, f"{channels}x{side}x{side}", result)
    raise AssertionError(entry.name)


def figures(name: str, shape: str, result: object) -> Fingerprint:
    leaves = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    flat = torch.cat([leaf.flatten() for leaf in leaves]).double()
    count = flat.numel()
    return Fingerprint(
        name,
        shape,
        count,
        float(flat.square().mean().sqrt()),
        float(flat.mean()),
        float(flat @ numbers((count,), 54_321).double()) / count**0.5,
    )


def read() -> dict[str, Fingerprint]:
    """The rows on file, by name."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["name"]: Fingerprint(
            row["name"],
            row["input"],
            int(row["elements"]),
            *(float(row[f]) for f in ("rms", "mean", "projection")),
        )
        for row in rows
    }


def write(found: dict[str, Fingerprint]) -> None:
    """All rows, in the catalogue's order; those of entries that are gone are left out."""
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found[name].row() for name in catalogue() if name in found)


def main(arguments: list[str]) -> None:
    known = read()
    wanted = arguments or [name for name in catalogue() if name not in known]
    for name in catalogue() if arguments == ["--all"] else wanted:
        known[name] = take(catalogue()[name])
        print(*known[name].row().values())  # noqa: T201
    write(known)


if __name__ == "__main__":
    main(sys.argv[1:])
