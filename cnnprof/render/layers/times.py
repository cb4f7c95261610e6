"""The report of ``--layers --time``: what each layer costs and takes; the times add up to the call."""

from __future__ import annotations

from collections.abc import Iterator

from cnnprof.records.counts import Counts
from cnnprof.records.layer_times import LayerTimes
from cnnprof.records.timing import Timing
from cnnprof.render.layers.timed import TimedLayer, timed_rows, total_row
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

COLUMNS = (
    Column("module", align="left"),
    Column("op", align="left", priority=2),
    Column("macs", priority=3),
    Column("memory\naccess", priority=4),
    Column("flops\nper byte", priority=6),
    Column("time", "ms"),
    Column("share\nof time"),
    Column("GMAC\nper s", priority=5),
    Column("GB\nper s", priority=5),
)


def layer_times_report(
    counts: Counts,
    times: LayerTimes,
    timing: Timing | None = None,
    depth: int | None = None,
    top: int | None = None,
) -> Report:
    """The table in the order the layers ran, or the ``top`` that take most time; the last row is the whole call."""
    rows, whole = timed_rows(counts, times, depth, top), total_row(counts, times)
    shown = f"the {top} that take most time" if top is not None else "in the order they run"
    table = Table(
        COLUMNS,
        tuple(_row(row, whole, times.bandwidth) for row in (*rows, whole)),
        title=f"layers, {shown}" if depth is None else f"modules to depth {depth}, {shown}",
        total=True,
    )
    starred = any("*" in row[-1] for row in table.rows)
    return (table, *notes(*_remarks(times, timing, starred), style="dim"))


def _row(row: TimedLayer, whole: TimedLayer, bandwidth: float | None) -> Row:
    macs, moved = row.macs_per_s, row.bytes_per_s
    return (
        row.path,
        row.op,
        numbers.count(row.macs) if row.macs else "",
        numbers.size(row.memory_bytes) if row.memory_bytes else "",
        f"{row.flops / row.memory_bytes:.2f}" if row.memory_bytes else "",
        "" if row.seconds is None else f"{row.seconds * 1e3:.3f}",
        "" if row.seconds is None else numbers.share(row.seconds, whole.seconds or 0.0),
        "" if macs is None else numbers.rate(macs / 1e9),
        "" if moved is None else numbers.rate(moved / 1e9) + _mark(moved, bandwidth),
    )


def _mark(bytes_per_s: float, bandwidth: float | None) -> str:
    """A star on what memory cannot have delivered, and room for it on the others."""
    if bandwidth is None:
        return ""
    return "*" if bytes_per_s > bandwidth else " "


def _remarks(times: LayerTimes, timing: Timing | None, starred: bool) -> Iterator[str]:
    yield _counters(times, timing)
    calls = len(times.counted or times.total)
    ratio = times.slowdown
    middle = "the middle half" if ratio and not ratio.trusted else "the middle half of the undisturbed ones"
    yield (
        f"each time is the mean over {numbers.number_of(calls, 'call')} ({middle}); "
        "the rows add up to the total, a call with the counters on"
    )
    if times.bandwidth is not None and starred:
        yield (
            f"* more than memory delivered here ({numbers.rate(times.bandwidth / 1e9)} GB/s): the data came from cache"
        )
    if times.bytes_by == "memory_fused_bytes":
        yield "memory access is counted with norms, activations and additions fused into their producers"


def _counters(times: LayerTimes, timing: Timing | None) -> str:
    """What the counters themselves cost, and where it shows."""
    ratio = times.slowdown
    if ratio is None:
        return ""
    slowdown = numbers.with_interval(ratio.ratio, ratio.low, ratio.high, "x")
    plain = f"{numbers.milliseconds(timing.median_s)} without the counters; " if timing else ""
    return f"{plain}with them {slowdown} the time{_where(times) if ratio.verdict == 'slower' else ''}"


def _where(times: LayerTimes) -> str:
    if times.bytes_by == "memory_bytes":
        return ": their cost falls between the layers, in the row outside layers"
    return ": part of their cost falls inside the layers"
