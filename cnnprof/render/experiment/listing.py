"""The list of experiments: what each shows, and for how long it times."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnnprof.records.experiment import Experiment
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

YEAR = re.compile(r" \(\d{4}, arXiv:[\d.]+\)")
COLUMNS = (
    Column("experiment", align="left"),
    Column("what", align="left"),
    Column("source", align="left", priority=3),
    Column("groups", priority=2),
    Column("networks", priority=1),
    Column("about", align="left"),
)


def experiments_report(experiments: Iterable[Experiment], budget_s: float, others: Iterable[Row]) -> Report:
    """One row an experiment; ``others`` are rows of those that time nothing."""
    rows = tuple(_row(experiment, budget_s) for experiment in experiments)
    return (
        Table(COLUMNS, (*rows, *others)),
        *notes(
            f"cnnprof experiment NAME runs one; groups are timed one after the other, each for at most --budget "
            f"({budget_s:g} s) once its networks are ready; --only TEXT runs the groups whose title has TEXT; "
            "--no-latency counts only; elsewhere times nothing",
            style="dim",
        ),
    )


def _row(experiment: Experiment, budget_s: float) -> Row:
    networks = sum(len(group.built) for group in experiment.groups)
    return (
        experiment.name,
        experiment.title,
        YEAR.sub("", experiment.source),
        str(len(experiment.groups)),
        str(networks),
        numbers.duration(len(experiment.groups) * budget_s),
    )
