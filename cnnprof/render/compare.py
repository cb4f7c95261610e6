"""The report of ``compare``: FLOPs against real speed, one row a model, and what it amounts to below."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.profile import Comparison, Correlation
from cnnprof.records.timing import Measurement
from cnnprof.render import numbers
from cnnprof.render.comparison_table import compare_table, grouped, task_of
from cnnprof.render.table import Report, notes
from cnnprof.render.words import MEMORY, PAPER, listed, machine, setting

INTERVAL = "in brackets: the 95 % interval"


def compare_report(comparison: Comparison) -> Report:
    """Title, table, sentences, correlations, and how the numbers were taken. Warnings are not in it."""
    profiles = grouped(comparison.profiles)
    return (
        *notes(setting(profiles), style="heading"),
        compare_table(comparison),
        *notes(*comparison.sentences, _correlations(comparison.correlations)),
        *notes(*_circumstances(comparison), style="dim"),
    )


def _correlations(correlations: Sequence[Correlation]) -> str:
    if not correlations:
        return ""
    names = {"memory_bytes": "memory access"}
    said = listed(f"{names.get(c.column, c.column)} {c.rho:.2f}" for c in correlations)
    return f"rank correlation with latency over {correlations[0].models} models: {said} (1: the same order)"


def _circumstances(comparison: Comparison) -> list[str]:
    measurement = comparison.measurement
    tasks = len({task_of(profile) for profile in comparison.profiles}) > 1
    return [
        "the models solve different tasks: compare rows within a task" if tasks else "",
        f"ratios are to {comparison.profiles[comparison.baseline].request.model}; {INTERVAL}"
        if measurement
        else "",
        *(_measured(measurement) if measurement else []),
        f"{MEMORY}; {PAPER}",
        machine(comparison.profiles[0].environment) if measurement else "",
    ]


def _measured(measurement: Measurement) -> list[str]:
    """How the session went: its floor, its rounds, whether it was cut short."""
    several = "s" if measurement.rounds != 1 else ""
    rounds = f"{measurement.rounds} interleaved round{several} in {numbers.duration(measurement.spent_s)}"
    disturbed = " (other work disturbed them)" if measurement.dropped_rounds else ""
    dropped = f", {measurement.dropped_rounds} dropped{disturbed}"
    floor = measurement.floor
    return [
        rounds + dropped + (", interrupted" if measurement.interrupted else ""),
        f"a model against itself came within {100 * floor:.1f} %: smaller differences are not resolved"
        if floor is not None
        else "",
    ]
