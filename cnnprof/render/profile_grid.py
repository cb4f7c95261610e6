"""The report of ``profile`` on several engines or batches: the counts once, then how fast it is on each."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.grid import grid_of
from cnnprof.records.profile import Comparison
from cnnprof.render.comparison.grid import grid_report
from cnnprof.render.comparison.report import failure_lines, session_lines
from cnnprof.render.comparison.table import compare_table
from cnnprof.render.conventions import convention_report
from cnnprof.render.preparation import preparation_tables
from cnnprof.render.profile import profile_report
from cnnprof.render.text.table import Report, notes
from cnnprof.render.text.words import machine, setting


def profile_grid_report(comparison: Comparison) -> Report:
    """Counts at the first batch, latencies, what each runtime took to be made ready, and what it amounts to."""
    grid = grid_of(comparison.profiles, comparison.baseline)
    first = comparison.profiles[comparison.baseline]
    counted = (
        *profile_report(replace(first, timing=None, preparation=None, failure="", convention=None)),
        *convention_report(comparison.profiles),
    )
    if comparison.measurement is None:
        return (*counted, compare_table(comparison))
    return (
        *counted,
        *notes(f"timed: {setting(comparison.profiles)}", style="heading"),
        *grid_report(comparison),
        *preparation_tables(comparison.profiles, grid),
        *notes(*failure_lines(comparison.profiles)),
        *notes(*comparison.sentences),
        *notes(*session_lines(comparison, grid), machine(first.environment), style="dim"),
    )
