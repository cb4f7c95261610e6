"""Does FLOPs predict speed here: rank correlations, what macs get wrong, and the Pareto fronts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnprof.records.grid import Grid, grid_of
from cnnprof.records.labels import At, varied
from cnnprof.records.profile import Comparison
from cnnprof.records.ranking import Correlation, Misjudged, Misjudgement
from cnnprof.render.comparison.fronts import fronts_report
from cnnprof.render.comparison.grid import under
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Table, notes

NAMES = {
    "memory_bytes": "memory access",
    "memory_paper_bytes": "  paper's",
    "memory_fused_bytes": "  fused",
    "roofline_ms": "roofline floor",
}
HOW = (
    "1: the count orders the models as the clock does, -1: the other way round; the interval, from 2000 seeded "
    "draws of the models, is how much the figure depends on which were chosen. Unresolved times count by their medians"
)
NO_INTERVALS = "intervals are left out at this width; a wider terminal, a pipe or --format md shows them"

Coefficient = tuple[float | None, float | None, float | None]
"""A value and the ends of its interval."""


def standing_report(comparison: Comparison) -> Report:
    """Empty for fewer than five timed models."""
    if not comparison.correlations:
        return ()
    grid = grid_of(comparison.profiles, comparison.baseline)
    return (
        *correlation_tables(comparison.correlations, grid),
        *notes(HOW, style="dim"),
        *notes(*(line for found in comparison.misjudged for line in misjudged_lines(found, grid))),
        *fronts_report(comparison, grid),
    )


def correlation_tables(correlations: Sequence[Correlation], grid: Grid) -> tuple[Table, ...]:
    """One row a count. At one setting Spearman's and Kendall's side by side, else a table for each."""
    models = " to ".join(str(count) for count in sorted({one.models for one in correlations}))
    title = f"rank correlation with latency over {models} models [95 % interval]"
    settings = list({_setting(one): one for one in correlations}.values())
    if len(settings) == 1:
        return (_correlation_table(correlations, title, [("Spearman", _rho), ("Kendall", _tau)], settings),)
    return tuple(
        _correlation_table(
            correlations, f"{name}'s {title}", [(_where(at, grid), show) for at in settings], settings
        )
        for name, show in (("Spearman", _rho), ("Kendall", _tau))
    )


def _correlation_table(
    correlations: Sequence[Correlation],
    title: str,
    shown: Sequence[tuple[str, Callable[[Correlation], Coefficient]]],
    settings: Sequence[At],
) -> Table:
    """Intervals are left out before the last columns are, where there is little room."""
    found = {(one.column, *_setting(one)): one for one in correlations}
    at = settings if len(settings) > 1 else [settings[0]] * len(shown)
    columns = [Column(name, priority=place) for place, (name, _) in enumerate(shown)]
    full, short = [], []
    for count in dict.fromkeys(one.column for one in correlations):
        ones = [found.get((count, *_setting(setting))) for setting in at]
        values = [show(one) if one else None for one, (_, show) in zip(ones, shown, strict=True)]
        full.append((NAMES.get(count, count), *(_coefficient(value) for value in values)))
        short.append((NAMES.get(count, count), *(_coefficient(value, False) for value in values)))
    return Table((Column("count", align="left"), *columns), tuple(full), title, tuple(short), NO_INTERVALS)


def _setting(at: At) -> tuple[str, str, int | None]:
    return (at.runtime, at.dtype, at.batch)


def _where(at: At, grid: Grid) -> str:
    """What a column is called: ``eager``, ``batch 8``, or both."""
    return "\n".join(varied(at, grid))


def _rho(one: Correlation) -> Coefficient:
    return one.rho, one.rho_low, one.rho_high


def _tau(one: Correlation) -> Coefficient:
    return one.tau, one.tau_low, one.tau_high


def _coefficient(found: Coefficient | None, interval: bool = True) -> str:
    if found is None or found[0] is None:
        return ""
    value, low, high = found
    ends = "" if low is None or high is None or not interval else f" [{low:.2f}, {high:.2f}]"
    return f"{value:.2f}{ends}"


def misjudged_lines(found: Misjudgement, grid: Grid) -> list[str]:
    """How many pairs macs order wrongly, then the models they get most wrong."""
    where = under(found, grid)
    verb = "is" if found.unresolved == 1 else "are"
    unresolved = f" ({found.unresolved} more {verb} not resolved)" if found.unresolved else ""
    if not found.pairs:
        return [f"macs against the clock{where}: no pair of models is resolved"]
    if not found.wrong:
        return [f"macs against the clock{where}: {_all(found.pairs)} in the order of macs{unresolved}"]
    head = f"macs against the clock{where}: {found.wrong} of {found.pairs} resolved pairs run the other way"
    return [f"{head}{unresolved}", *(f"  {_worst(one, found.models)}" for one in found.worst)]


def _all(pairs: int) -> str:
    return "the one resolved pair is" if pairs == 1 else f"all {pairs} resolved pairs are"


def _worst(one: Misjudged, models: int) -> str:
    change = numbers.milliseconds(abs(one.seconds))
    sign = "+" if one.seconds >= 0 else "-"
    return (
        f"{one.model}: {_ordinal(one.macs_rank)} of {models} by macs, {_ordinal(one.latency_rank)} by latency; "
        f"{one.against} has {numbers.ratio(one.macs_ratio)} its macs and takes "
        f"{numbers.ratio(one.time.ratio)} its time ({sign}{change})"
    )


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
