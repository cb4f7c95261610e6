"""One table of an experiment: a row a network, what the paper prints of it, and what it costs here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cnnprof.records.experiment import Experiment, Group, GroupResult, Platform, Row
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.fields import Cell, Field, field_of, fields_table, latency_text, ratio_text
from cnnprof.render.text.table import Column, Table

SHORT = "±: the wider side of the 95 % interval; --format md and a wider terminal give both ends"
# behind a count that is not the printed one
MARKS = {"exact": "", "rule": "+", "elsewhere": "=", "differs": "*"}
BILLIONTHS = 1e7  # the finest step of what is printed in billions
DERIVED = 1  # the step of a figure that follows from a formula and is not printed


@dataclass(frozen=True, slots=True)
class Line:
    """One row with what there is to show of it; ``base`` is the first row of its group."""

    row: Row
    base: Row
    profile: Profile


def platforms_of(experiment: Experiment, group: Group) -> tuple[Platform, ...]:
    """The platforms of which the group has figures of rows that are built."""
    return tuple(p for p in experiment.platforms if any(p.key in row.speeds for row in group.built))


def experiment_table(
    experiment: Experiment, groups: Sequence[GroupResult], platforms: Sequence[Platform], timed: bool
) -> Table:
    """All rows of ``groups`` under their titles.

    Dropped first when there is little room: the metric, memory access, the verdict, the printed macs, then what the
    paper timed.
    """
    lines = [Line(row, group.rows[0], profile) for group in groups for row, profile in group.members]
    fields: list[Field[Line]] = [*_count_fields(experiment, lines)]
    for platform in platforms:
        fields += _platform_fields(platform, lines)
    fields += _timed_fields() if timed else []
    headings, start = {}, 0
    for group in groups:
        headings[start] = f"{group.group.title} ({group.group.source})"
        start += len(group.rows)
    return fields_table(fields, lines, SHORT if timed else "", headings)


def _count_fields(experiment: Experiment, lines: Sequence[Line]) -> list[Field[Line]]:
    fields: list[Field[Line]] = [Field(Column("network", align="left"), lambda line: line.row.label)]
    sizes = {_input(line) for line in lines}
    if len(sizes) > 1 and not any(line.row.model.startswith("controlled:") for line in lines):
        fields.append(Field(Column("input", priority=6), _input))
    if any(line.row.metric is not None for line in lines):
        title = experiment.metric_name.replace(" ", "\n", 1)
        fields.append(Field(Column(title, priority=9), _metric))
    batches = {line.profile.request.batch for line in lines}
    fields.append(Field(Column("macs" if batches == {1} else "macs an\nimage"), _macs))
    if any(line.row.macs and line.row.macs.step > DERIVED for line in lines):
        fields.append(Field(Column("paper's\nmacs", priority=5), _printed_macs))
    fields.append(
        Field(
            Column("memory\naccess", priority=8),
            lambda line: numbers.size(line.profile.counts.memory_bytes),
        )
    )
    return fields


def _input(line: Line) -> str:
    shapes = line.profile.request.inputs or ()
    return "x".join((input_text(shapes) or "").split("x")[-2:])


def _metric(line: Line) -> str:
    return "" if line.row.metric is None else f"{line.row.metric:.1f}"


def _macs(line: Line) -> str:
    """Of one image, as papers print them, whatever the batch."""
    counts, images = line.profile.counts, line.profile.request.batch
    return numbers.count(counts.macs // images) + MARKS[line.row.judge(counts, images)]


def _printed_macs(line: Line) -> str:
    """``0.4 G`` where the paper prints 0.4 billion: 400 M would be closer than it says."""
    macs = line.row.macs
    if macs is None or macs.step <= DERIVED:
        return ""
    return numbers.figure(macs, "G" if macs.step >= BILLIONTHS else "")


def _platform_fields(platform: Platform, lines: Sequence[Line]) -> list[Field[Line]]:
    """The printed figure and, where rows are set against a first one, its ratio of times.

    A ratio is dropped no later than its figure, which has the platform's name above it.
    """

    def value(line: Line) -> str:
        if platform.key not in line.row.speeds:
            return ""
        return f"{line.row.speeds[platform.key]:{form}}"

    def ratio(line: Line) -> str:
        if platform.key not in line.row.speeds or platform.key not in line.base.speeds:
            return ""
        speeds = line.row.speeds[platform.key], line.base.speeds[platform.key]
        return numbers.ratio(platform.time_ratio(*speeds))

    printed = [line.row.speeds[platform.key] for line in lines if platform.key in line.row.speeds]
    form = ".1f" if platform.is_rate and any(speed % 1 for speed in printed) else "g"
    unit = "per s" if platform.is_rate else platform.unit
    title = platform.title.replace(" ", "\n", 1)
    fields = [Field(Column(title, unit, priority=3), value)]
    if any(ratio(line) for line in lines):
        fields.append(Field(Column("time\nratio", priority=3), ratio))
    return fields


def _timed_fields() -> list[Field[Line]]:
    return [
        field_of(Column("here", "ms"), _latency),
        field_of(Column("time ratio\nhere"), lambda line: ratio_text(line.profile.ratio)),
        Field(Column("verdict", align="left", priority=7), _verdict),
    ]


def _latency(line: Line) -> Cell:
    """Its short form is the median alone: that of the ratio has the interval."""
    full, short = latency_text(line.profile)
    return full, short if line.profile.timing is None else short.partition(" ")[0]


def _verdict(line: Line) -> str:
    return line.profile.ratio.verdict if line.profile.ratio else ""
