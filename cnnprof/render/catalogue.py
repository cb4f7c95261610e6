"""The report of ``list``: the zoo with what was published of each network, and where each figure stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase

from cnnprof.records.entry import Entry, Figure
from cnnprof.records.notation import arguments_text, input_text
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

SHORT_NOTE = (
    "T4: Table 4 of the paper, S3: its section 3; README: of published code; cnnprof list -v spells it out"
)
DETAILS = (
    Column("", align="left"),
    Column("published"),
    Column("built"),
    Column("where", align="left"),
)


def catalogue_report(entries: Sequence[Entry]) -> Report:
    """One row an entry."""
    metrics = list(dict.fromkeys(entry.metric_name for entry in entries if entry.metric))
    # By a letter which metric it is, where there are several: figures of two cannot be compared.
    letters = dict(zip(metrics, ascii_lowercase, strict=False)) if len(metrics) > 1 else {}
    table = Table(
        _columns(metrics),
        tuple(_row(entry, letters, _places) for entry in entries),
        short_rows=tuple(_row(entry, letters, _short_places) for entry in entries),
        short_note=SHORT_NOTE,
    )
    number = numbers.number_of(len(entries), "network")
    said = "; metric " + ", ".join(f"{letter}: {name}" for name, letter in letters.items()) if letters else ""
    more = "cnnprof list -v NAME shows sources, exact counts and notes"
    return (table, *notes(f"{number}, figures as published{said}; {more}", style="dim"))


def _columns(metrics: Sequence[str]) -> tuple[Column, ...]:
    """The metric stands in its column's title if there is only one."""
    return (
        Column("model", align="left"),
        Column("task", align="left", priority=3),
        Column("params"),
        Column("macs"),
        Column(metrics[0].replace(" ", "\n", 1) if len(metrics) == 1 else "metric"),
        Column("input", priority=4),
        Column("year", priority=2),
        Column("arXiv", align="left", priority=5),
        Column("where the figures stand", align="left", priority=1),
    )


def _row(entry: Entry, letters: Mapping[str, str], places: Callable[[Entry], str]) -> Row:
    return (
        entry.name,
        entry.task,
        numbers.figure(entry.params) if entry.params else "",
        numbers.figure(entry.macs) if entry.macs else "",
        _metric(entry, letters),
        input_text([entry.input]) or "",
        str(entry.paper.year),
        entry.paper.arxiv,
        places(entry),
    )


def _metric(entry: Entry, letters: Mapping[str, str]) -> str:
    if entry.metric is None:
        return ""
    return " ".join(filter(None, (numbers.metric(entry.metric), letters.get(entry.metric_name, ""))))


def _figures(entry: Entry) -> dict[str, Figure]:
    figures = {"params": entry.params, "macs": entry.macs, "metric": entry.metric}
    return {name: figure for name, figure in figures.items() if figure}


def _places(entry: Entry) -> str:
    """``Table 4``, or place by place where they differ: ``params Table 4, macs Table 1``."""
    return _joined((name, figure.where) for name, figure in _figures(entry).items())


def _short_places(entry: Entry) -> str:
    return _joined((name, _abbreviated(figure.where)) for name, figure in _figures(entry).items())


def _joined(places: Iterable[tuple[str, str]]) -> str:
    by_place: dict[str, list[str]] = {}
    for name, where in places:
        by_place.setdefault(where, []).append(name)
    if len(by_place) == 1:
        return next(iter(by_place))
    return ", ".join(f"{'+'.join(names)} {where}" for where, names in by_place.items())


def _abbreviated(where: str) -> str:
    if numbered := re.fullmatch(r"(Table|section) (\w+)", where):
        return f"{numbered[1][0].upper()}{numbered[2]}"
    return "README" if "README" in where else "-v"


def details_report(entries: Iterable[Entry]) -> Report:
    """Everything the catalogue knows of each entry."""
    return tuple(block for entry in entries for block in _details(entry))


def _details(entry: Entry) -> Report:
    return (
        *notes(entry.name, style="heading"),
        *notes(
            str(entry.paper),
            f"{entry.task}, {entry.family}, input {input_text([entry.input])}{_arguments(entry)}",
            f"layers of {entry.reference.code}",
        ),
        Table(
            DETAILS,
            tuple(_detail_rows(entry, str)),
            short_rows=tuple(_detail_rows(entry, _abbreviated)),
            short_note=f"where: {_places(entry)}",
        ),
        *notes(
            f"differs: {entry.differs}" if entry.differs else "",
            *(f"note: {note}" for note in entry.notes),
        ),
    )


def _arguments(entry: Entry) -> str:
    if not entry.arguments:
        return ""
    return f", built with {arguments_text(entry.arguments)}"


def _detail_rows(entry: Entry, place: Callable[[str], str]) -> Iterator[Row]:
    reference = entry.reference
    yield _detail("params", entry.params, numbers.figure, numbers.exact(reference.params), place)
    yield _detail("macs", entry.macs, numbers.figure, numbers.exact(reference.macs), place)
    if entry.metric_name:
        yield _detail(entry.metric_name, entry.metric, numbers.metric, "", place)


def _detail(
    name: str, figure: Figure | None, form: Callable[[Figure], str], built: str, place: Callable[[str], str]
) -> Row:
    return (name, form(figure) if figure else "-", built, place(figure.where) if figure else "")
