"""The report of ``explain``: three sentences, then the gap by kind of op and by cause, each adding up to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnprof.records.explanation import CAUSES, Amount, Explanation, Part
from cnnprof.records.notation import part_decimals, part_text
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import machine, setting, uncounted_lines

MEANINGS = {
    "arithmetic": "macs at the peak, times the mean factor",
    "memory": "bytes at the bandwidth, times the mean factor",
    "overhead": "more ops, and time outside the layers",
    "efficiency": "a larger factor at the mean work",
}
TITLES = {
    "arithmetic": "more arithmetic",
    "memory": "more bytes",
    "overhead": "overhead",
    "efficiency": "lower efficiency",
}


def explain_report(profiles: Sequence[Profile], found: Explanation) -> Report:
    """The sentences, both tables, and what they rest on."""
    first, second = found.models
    return (
        *notes(f"why {second} differs from {first}: {setting(profiles)}", style="heading"),
        *notes(*found.sentences, *uncounted_lines(profiles)),
        kinds_table(found),
        causes_table(found),
        *notes(*_remarks(found), machine(profiles[0].environment), style="dim"),
    )


KINDS = (
    Column("kind of op", align="left"),
    Column("ops\nA to B", priority=6),
    Column("A", "ms", priority=5),
    Column("B", "ms", priority=4),
    Column("B - A", "ms"),
    Column("more\narithmetic", "ms", priority=2),
    Column("more\nbytes", "ms", priority=2),
    Column("overhead", "ms", priority=2),
    Column("lower\nefficiency", "ms", priority=2),
)


def kinds_table(found: Explanation) -> Table:
    """A row for each kind of op, one for the rest of the call; the last row is the gap."""
    parts = [*sorted(found.parts, key=lambda part: -abs(part.difference.seconds)), found.total]
    first, second = found.models
    title = f"by kind of op; A is {first}, B is {second}"
    return Table(KINDS, tuple(_kind_row(part, _decimals(found)) for part in parts), title=title, total=True)


def _decimals(found: Explanation) -> int:
    return part_decimals(max(found.latencies) * 1e3)


def _kind_row(part: Part, decimals: int) -> Row:
    return (
        part.kind,
        f"{part.layers[0]} to {part.layers[1]}" if any(part.layers) else "",
        *(part_text(seconds * 1e3, decimals, False) for seconds in part.times),
        _amount(part.difference, True, decimals),
        *(_amount(getattr(part, cause), False, decimals) for cause in CAUSES),
    )


def causes_table(found: Explanation) -> Table:
    """A row for each cause, summed over the kinds; the last row is the gap."""
    total, decimals = found.total, _decimals(found)
    # Parts of a gap that may be none say nothing in percent of it.
    whole_gap = total.difference.seconds if found.ratio.is_resolved else 0.0
    rows = [
        (
            TITLES[cause],
            _amount(getattr(total, cause), True, decimals),
            numbers.share(getattr(total, cause).seconds, whole_gap),
            MEANINGS[cause],
        )
        for cause in CAUSES
    ]
    columns = (
        Column("cause", align="left"),
        Column("B - A", "ms"),
        Column("share\nof the gap", priority=1),
        Column("meaning", align="left", priority=2),
    )
    whole = ("total", _amount(total.difference, True, decimals), numbers.share(whole_gap, whole_gap), "")
    return Table(columns, (*rows, whole), title="by cause", total=True)


def _amount(amount: Amount, interval: bool, decimals: int) -> str:
    text = part_text(amount.seconds * 1e3, decimals)
    if not interval or amount.low is None or amount.high is None:
        return text
    low, high = (part_text(end * 1e3, decimals, False) for end in (amount.low, amount.high))
    return f"{text} [{low}, {high}]"


def _remarks(found: Explanation) -> Iterator[str]:
    first, second = (part_text(seconds * 1e3, _decimals(found), False) for seconds in found.latencies)
    drawn = (
        "; in brackets: 95 % intervals from resampling the rounds"
        if found.total.difference.low is not None
        else ""
    )
    rounds = "one round" if found.rounds == 1 else f"{found.rounds} rounds"
    yield f"the gap is between calls without counters, {first} and {second} ms, over {rounds} of turns{drawn}"
    yield _counters(found)
    yield (
        "all in one process: the intervals leave out how processes of one network differ, often by a few percent; "
        "cnnprof compare measures that"
    )
    yield (
        "a kind's time is layers x overhead + factor x work: work is the time it would take at the measured limits "
        f"({numbers.rate(found.macs_per_s / 1e9)} GMAC/s, {numbers.rate(found.bytes_per_s / 1e9)} GB/s), "
        f"overhead that of a layer without work{_overheads(found)}; means are over both networks"
    )


def _overheads(found: Explanation) -> str:
    """The range of it over the kinds: `` (2.1 us pooling to 24.0 us depthwise conv)``."""
    known = sorted((part.layer_overhead_s, part.kind) for part in found.parts if part.layer_overhead_s)
    ends = known[:1] + known[-1:] if len(known) > 1 else known
    return f" ({' to '.join(f'{seconds * 1e6:.1f} us {kind}' for seconds, kind in ends)})" if ends else ""


def _counters(found: Explanation) -> str:
    """What the counters cost, and what was done about it."""
    each = ", ".join(
        f"{model} {numbers.with_interval(ratio.ratio, ratio.low, ratio.high, 'x')}"
        for model, ratio in zip(found.models, found.slowdowns, strict=True)
    )
    shrunk = [
        f"{model}'s layers scaled down by {numbers.share(1 - scale, 1)} to fit the call without them"
        for model, scale in zip(found.models, found.scales, strict=True)
        if scale < 1
    ]
    done = (
        "; ".join(shrunk) or "layers are timed with them, outside layers is the rest of the call without them"
    )
    return f"time with the counters on: {each}; {done}"
