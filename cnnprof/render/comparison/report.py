"""The report of ``compare``: FLOPs against real speed, and what it amounts to below."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.grid import Grid, grid_of
from cnnprof.records.labels import labels, named_together
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.timing import Measurement
from cnnprof.render.comparison.grid import grid_report
from cnnprof.render.comparison.standing import standing_report
from cnnprof.render.comparison.table import compare_table, grouped, tasks_differ
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Report, notes
from cnnprof.render.text.words import MEMORY, PAPER, machine, setting, uncounted_lines

INTERVAL = "in brackets: the 95 % interval"
OPEN = "~: not resolved: too close, too few rounds, or too much other work"


def compare_report(comparison: Comparison) -> Report:
    """Title, tables, sentences, what the counts say of the times, and how the numbers were taken.

    One row a model; with several engines or batches the grid. Warnings are not in it.
    """
    grid = grid_of(comparison.profiles, comparison.baseline)
    profiles = grouped(comparison.profiles)
    tables = grid_report(comparison) if is_grid(comparison, grid) else (compare_table(comparison),)
    return (
        *notes(setting(profiles), style="heading"),
        *tables,
        *notes(*failure_lines(profiles), *uncounted_lines(profiles)),
        *notes(*comparison.sentences),
        *standing_report(comparison),
        *notes(*_circumstances(comparison, grid), style="dim"),
    )


def is_grid(comparison: Comparison, grid: Grid) -> bool:
    """Whether engines or batches were measured side by side; counts alone make a plain table."""
    return len(grid.settings) > 1 and comparison.measurement is not None


def failure_lines(profiles: Sequence[Profile]) -> list[str]:
    """Why profiles have no latency, one line a reason."""
    reasons: dict[str, list[int]] = {}
    for place, profile in enumerate(profiles):
        if profile.failure:
            reasons.setdefault(profile.failure, []).append(place)
    return [f"not timed: {named_together(profiles, places)}: {reason}" for reason, places in reasons.items()]


def _circumstances(comparison: Comparison, grid: Grid) -> list[str]:
    """What ratios refer to, how the session went, and on which machine."""
    timed = comparison.measurement is not None
    return [
        "the models solve different tasks: compare rows within a task"
        if tasks_differ(comparison.profiles)
        else "",
        *session_lines(comparison, grid),
        f"{MEMORY}; {PAPER}",
        machine(comparison.profiles[0].environment) if timed else "",
    ]


def session_lines(comparison: Comparison, grid: Grid) -> list[str]:
    """What ratios refer to and how the session went; none where nothing was timed."""
    measurement = comparison.measurement
    return (
        [_referred(comparison, grid), *_measured(measurement, _control(comparison, grid))]
        if measurement
        else []
    )


def _control(comparison: Comparison, grid: Grid) -> str:
    """What was measured against itself: of a grid, the baseline at its first setting alone."""
    if not is_grid(comparison, grid):
        return "a model"
    return labels(comparison.profiles)[comparison.baseline]


def _referred(comparison: Comparison, grid: Grid) -> str:
    """What ratios refer to, and what their marks mean."""
    if not is_grid(comparison, grid):
        return f"ratios are to {labels(comparison.profiles)[comparison.baseline]}; {INTERVAL}"
    if len(grid.models) == 1:
        return f"{OPEN}; {INTERVAL}"
    return f"<: faster; {OPEN}; {INTERVAL}"


def _measured(measurement: Measurement, control: str) -> list[str]:
    """How the session went: its floor, its rounds and processes, whether it was cut short."""
    rounds = numbers.number_of(measurement.rounds, "interleaved round")
    processes = f" over {measurement.processes} processes of each model" if measurement.processes > 1 else ""
    took = f" in {numbers.duration(measurement.spent_s)}"
    disturbed = " (other work disturbed them)" if measurement.dropped_rounds else ""
    dropped = f", {measurement.dropped_rounds} dropped{disturbed}"
    cut_short = ", interrupted" if measurement.interrupted else ""
    floor, spread = measurement.floor, measurement.process_sd
    return [
        rounds + processes + took + dropped + cut_short,
        f"starting processes, preparing models and warming up took {numbers.duration(measurement.startup_s)} more"
        if measurement.startup_s >= 1
        else "",
        "each model ran in one process: no interval here covers how processes differ"
        if measurement.processes == 1
        else "",
        f"processes of one model differ by {100 * spread:.1f} % (standard deviation), which the intervals allow for"
        if spread is not None
        else "",
        f"{control} against itself came within {numbers.deviation(floor)}: smaller differences are not resolved"
        if floor is not None
        else "",
    ]
