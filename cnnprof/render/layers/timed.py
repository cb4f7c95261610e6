"""Rows of layers with their times: whatever is summed up or left over has a row, so that they add up to the call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.layer_times import OUTSIDE, LayerTime, LayerTimes
from cnnprof.render.layers.costs import cut_to
from cnnprof.render.text import numbers

FREE = "(ops without work)"
UNTIMED = "(not told by the counters)"


@dataclass(frozen=True, slots=True)
class TimedLayer:
    """One row: a layer as the runtime ran it, or several. ``seconds`` is None where nothing told its time."""

    path: str
    op: str
    macs: int
    flops: int
    memory_bytes: int
    seconds: float | None

    @property
    def macs_per_s(self) -> float | None:
        """Achieved multiply-accumulates a second."""
        return self.macs / self.seconds if self.macs and self.seconds else None

    @property
    def bytes_per_s(self) -> float | None:
        """Achieved memory access a second."""
        return self.memory_bytes / self.seconds if self.memory_bytes and self.seconds else None


def row_columns(row: TimedLayer, bytes_by: str) -> dict[str, object]:
    """A row as raw values for a file, its bytes and its rates under the names that those of single ops have."""
    macs_per_s, bytes_per_s = row.macs_per_s, row.bytes_per_s
    return {
        **{bytes_by if name == "memory_bytes" else name: value for name, value in asdict(row).items()},
        "gmacs_per_s": None if macs_per_s is None else macs_per_s / 1e9,
        "gbytes_per_s": None if bytes_per_s is None else bytes_per_s / 1e9,
    }


def timed_rows(
    counts: Counts, times: LayerTimes, depth: int | None = None, top: int | None = None
) -> list[TimedLayer]:
    """The rows without the total; macs, bytes and seconds each add up to it."""
    layers = [_layer(counts, times, layer) for layer in times.layers]
    work = [row for row in layers if row is not None]
    if depth is not None:
        work = [_sum(path, list(run)) for path, run in groupby(work, lambda row: cut_to(row.path, depth))]
    if top is not None:
        work = _longest(work, top)
    return [*work, *_rest(counts, times)]


def total_row(counts: Counts, times: LayerTimes) -> TimedLayer:
    """The whole call, with the counters on."""
    return TimedLayer(
        "total", "", counts.macs, counts.flops, getattr(counts, times.bytes_by), times.typical(times.total)
    )


def _layer(counts: Counts, times: LayerTimes, layer: LayerTime) -> TimedLayer | None:
    """The row of a layer that has work; None for the others, which are summed up."""
    ops = [op for op in (counts.ops[index] for index in layer.ops) if _has_work(op)]
    if not ops:
        return None
    chief = max(ops, key=lambda op: op.cost)
    return _of_ops(chief.path or "(network)", _named(ops), ops, times, times.typical(layer.seconds))


def _of_ops(
    path: str, name: str, ops: Sequence[OpCounts], times: LayerTimes, seconds: float | None
) -> TimedLayer:
    return TimedLayer(
        path,
        name,
        sum(op.macs for op in ops),
        sum(op.flops for op in ops),
        sum(getattr(op, times.bytes_by) for op in ops),
        seconds,
    )


def _named(ops: Sequence[OpCounts]) -> str:
    """``conv + batch_norm + relu``: what was fused, under the names of the graph."""
    return " + ".join(op.kind if op.status != "uncounted" else f"{op.function} (uncounted)" for op in ops)


def _has_work(op: OpCounts) -> bool:
    return op.status != "free"


def _rest(counts: Counts, times: LayerTimes) -> Iterator[TimedLayer]:
    """What is no layer of the network: ops without work, rows that fit no op, ops that no row names, the rest."""
    free = [layer for layer in times.layers if layer.ops and not _works(counts, layer)]
    if free:
        yield TimedLayer(FREE, numbers.number_of(len(free), "op"), 0, 0, 0, _seconds(times, free))
    unknown = [layer for layer in times.layers if not layer.ops]
    for name, number in Counter(_family(layer.name) for layer in unknown).items():
        same = [layer for layer in unknown if _family(layer.name) == name]
        often = f" x {number}" if number > 1 else ""
        yield TimedLayer(f"({name}{often})", "no op", 0, 0, 0, _seconds(times, same))
    timed = {index for layer in times.layers for index in layer.ops}
    missed = [op for index, op in enumerate(counts.ops) if index not in timed and _has_work(op)]
    if missed:
        yield _of_ops(UNTIMED, numbers.number_of(len(missed), "op"), missed, times, None)
    yield TimedLayer(OUTSIDE, "", 0, 0, 0, times.typical(times.outside))


def _family(name: str) -> str:
    """A name without the number that sets it apart from others: ``node_Split`` of ``node_Split_853``."""
    return re.sub(r"_\d+$", "", name)


def _works(counts: Counts, layer: LayerTime) -> bool:
    return any(_has_work(counts.ops[index]) for index in layer.ops)


def _seconds(times: LayerTimes, layers: Iterable[LayerTime]) -> float:
    return sum(times.typical(layer.seconds) for layer in layers)


def _sum(path: str, rows: Sequence[TimedLayer]) -> TimedLayer:
    if len(rows) == 1:
        return replace(rows[0], path=path)
    return TimedLayer(
        path,
        f"{len(rows)} layers",
        sum(row.macs for row in rows),
        sum(row.flops for row in rows),
        sum(row.memory_bytes for row in rows),
        sum(row.seconds or 0.0 for row in rows),
    )


def _longest(rows: Sequence[TimedLayer], top: int) -> list[TimedLayer]:
    ranked = sorted(rows, key=lambda row: -(row.seconds or 0.0))
    rest = ranked[top:]
    return [*ranked[:top], *([_sum(f"({len(rest)} others)", rest)] if rest else [])]
