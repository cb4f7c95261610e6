"""Per-op costs with the seconds that the runtime's counters tell, as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.layer_times import OUTSIDE, LayerTime, LayerTimes
from cnnprof.store.documents import op_columns, rows_csv


def timed_ops_csv(counts: Counts, times: LayerTimes) -> str:
    """One row an op, in the order of the graph, then what the counters name besides, then the rest of the call.

    ``seconds`` adds up to the call. A layer of several ops has its seconds in the row of the most costly one, and its
    ``layer`` in all of them; an op whose time is told nowhere has none.
    """
    owners = {index: layer for layer in times.layers for index in layer.ops}
    rows = [_op_row(counts, times, index, owners.get(index)) for index in range(len(counts.ops))]
    return rows_csv([*rows, *_besides(times)])


def _op_row(counts: Counts, times: LayerTimes, index: int, layer: LayerTime | None) -> dict[str, object]:
    op = counts.ops[index]
    row = op_columns(op)
    if layer is None:
        return {**row, **_seconds(times, None), "layer": None, "layer_ops": None}
    own = layer if index == counts.chief(layer.ops) else None
    of_layer = {"layer": layer.name, "layer_ops": len(layer.ops)}
    return {**row, **_seconds(times, own, [counts.ops[i] for i in layer.ops]), **of_layer}


def _seconds(
    times: LayerTimes, layer: LayerTime | None, ops: list[OpCounts] | None = None
) -> dict[str, object]:
    """``seconds`` is the mean of the counted calls; the median and the least are those of all calls."""
    if layer is None:
        names = ("seconds", "seconds_median", "seconds_min", "gmacs_per_s", "gbytes_per_s")
        return dict.fromkeys(names)
    seconds = times.typical(layer.seconds)
    macs = sum(op.macs for op in ops or ())
    moved = sum(int(getattr(op, times.bytes_by)) for op in ops or ())
    return {
        "seconds": seconds,
        "seconds_median": median(layer.seconds),
        "seconds_min": min(layer.seconds),
        "gmacs_per_s": macs / seconds / 1e9 if macs and seconds else None,
        "gbytes_per_s": moved / seconds / 1e9 if moved and seconds else None,
    }


def _besides(times: LayerTimes) -> Iterator[dict[str, object]]:
    """Rows that fit no op, and the rest of the call."""
    rest = LayerTime(OUTSIDE, (), (), times.outside)
    for layer in (*(layer for layer in times.layers if not layer.ops), rest):
        path = layer.paths[0] if layer.paths else ""
        yield {**_seconds(times, layer), "path": path, "layer": layer.name, "layer_ops": 0}
