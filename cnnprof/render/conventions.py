"""What another counter would print for the same networks (``--convention``)."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.convention import Convention
from cnnprof.records.grid import counted_once, grid_of
from cnnprof.records.profile import Profile
from cnnprof.render.text.table import Column, Report, Row, Table, notes


def convention_report(profiles: Sequence[Profile]) -> Report:
    """One row a figure for one model, one row a model and batch for several; nothing for ``paper``, our own tables."""
    found = [profile for profile in counted_once(profiles) if profile.convention]
    said = next((profile.convention for profile in found if profile.convention), None)
    if said is None or said.name == "paper":
        return ()
    table = _figures(said) if len(found) == 1 else _models(found, said)
    return (table, *notes(said.counts))


def _figures(said: Convention) -> Table:
    columns = (Column("figure", align="left"), Column("printed"))
    rows = tuple((figure.label, figure.printed) for figure in said.figures)
    return Table(columns, rows, title=_title(said))


def _models(profiles: Sequence[Profile], said: Convention) -> Table:
    """Where there is little room, the last figures go; what tells the rows apart stays."""
    several = len(grid_of(profiles).batches) > 1
    columns = (
        Column("model", align="left"),
        *((Column("batch"),) if several else ()),
        *(Column(figure.label, priority=min(place, 1)) for place, figure in enumerate(said.figures)),
    )
    return Table(columns, tuple(_model(profile, several) for profile in profiles), title=_title(said))


def _model(profile: Profile, batch: bool) -> Row:
    figures = profile.convention.figures if profile.convention else ()
    place = (profile.request.model, *((str(profile.request.batch),) if batch else ()))
    return (*place, *(figure.printed for figure in figures))


def _title(said: Convention) -> str:
    return f"as {said.name} counts"
