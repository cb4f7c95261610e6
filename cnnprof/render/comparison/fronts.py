"""The Pareto fronts of published accuracy, against macs and against the latency that was measured."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.grid import Grid
from cnnprof.records.labels import varied
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Front, FrontMember
from cnnprof.render.comparison.grid import under
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import listed

STANDS = {"on": "yes", "off": "no", "undecided": "?"}


def fronts_report(comparison: Comparison, grid: Grid) -> Report:
    """One table a published metric; empty where there is no front."""
    return tuple(
        block for group in _by_metric(comparison.fronts) for block in front_report(group, comparison, grid)
    )


def _by_metric(fronts: Sequence[Front]) -> list[list[Front]]:
    """Fronts of one metric at all its settings together."""
    groups: dict[tuple[str, str], list[Front]] = {}
    for front in fronts:
        groups.setdefault((front.task, front.metric_name), []).append(front)
    return list(groups.values())


def front_report(fronts: Sequence[Front], comparison: Comparison, grid: Grid) -> Report:
    """The models on either front, the most accurate first, then who leaves and who enters where speed is measured."""
    standing = [{grid.row_of(one.place): one for one in front.members} for front in fronts]
    ranked = _rows(standing)
    shown = [row for row in ranked if any(row in of and _matters(of[row]) for of in standing)]
    columns = (
        Column("model", align="left"),
        Column("published"),
        Column("macs", priority=len(fronts) + 1),
        Column("front by\nmacs"),
        *(Column(f"front by\n{_where(front, grid)}", priority=place) for place, front in enumerate(fronts)),
    )
    rows = tuple(_front_row(row, standing, comparison.profiles) for row in shown)
    title = f"Pareto fronts of published {fronts[0].metric_name}, against macs and against latency"
    lines = [line for front in fronts for line in movement_lines(front, grid)]
    left = [_one(row, standing).model for row in ranked if row not in shown]
    behind = f"on neither front: {listed(left)}" if left else ""
    return (Table(columns, rows, title), *notes(*lines, behind))


def _where(front: Front, grid: Grid) -> str:
    return "\n".join(varied(front, grid)) or "latency"


def _rows(standing: Sequence[dict[int, FrontMember]]) -> list[int]:
    metric = {row: one.metric for of in standing for row, one in of.items()}
    return sorted(metric, key=lambda row: (-metric[row], row))


def _one(row: int, standing: Sequence[dict[int, FrontMember]]) -> FrontMember:
    return next(of[row] for of in standing if row in of)


def _matters(one: FrontMember) -> bool:
    return one.by_macs == "on" or one.by_latency != "off"


def _front_row(row: int, standing: Sequence[dict[int, FrontMember]], profiles: Sequence[Profile]) -> Row:
    one = _one(row, standing)
    entry = profiles[one.place].entry
    figure = numbers.metric(entry.metric) if entry and entry.metric else f"{one.metric:g}"
    stands = [STANDS[of[row].by_latency] if row in of else "" for of in standing]
    return (one.model, figure, numbers.count(profiles[one.place].counts.macs), STANDS[one.by_macs], *stands)


def movement_lines(front: Front, grid: Grid) -> list[str]:
    """Who leaves the front and who enters it once speed is measured, and what is not decided."""
    where = under(front, grid)
    leaving = [
        f"{one.model} ({one.behind_latency} is as accurate and faster)"
        for one in front.members
        if (one.by_macs, one.by_latency) == ("on", "off")
    ]
    entering = [
        f"{one.model} (by macs behind {one.behind_macs})"
        for one in front.members
        if (one.by_macs, one.by_latency) == ("off", "on")
    ]
    moved = [
        f"{listed(leaving)} {_verb('leave', leaving)} the front" if leaving else "",
        f"{listed(entering)} {_verb('enter', entering)} {'it' if leaving else 'the front'}"
        if entering
        else "",
    ]
    told = " and ".join(filter(None, moved)) or "no model is known to leave or to enter the front"
    unsure = [
        f"{one.model} (from {one.behind_latency})" for one in front.members if one.by_latency == "undecided"
    ]
    doubt = f"?: its time is not resolved from that of a model at least as accurate{where}: {listed(unsure)}"
    return [f"with speed measured{where}, {told}", *([doubt] if unsure else [])]


def _verb(word: str, subjects: Sequence[str]) -> str:
    return f"{word}s" if len(subjects) == 1 else word
