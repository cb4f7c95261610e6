"""What another counter would print for the same networks (``--convention``)."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.grid import counted_once, labels
from cnnprof.records.profile import Profile
from cnnprof.render.table import Column, Report, Row, Table, notes


def convention_report(profiles: Sequence[Profile]) -> Report:
    """One row a figure for one model, one row a model and batch for several; nothing for ``paper``, our own tables."""
    counted = counted_once(profiles)
    named = zip(labels(counted), counted, strict=True)
    found = [(name, profile.convention) for name, profile in named if profile.convention]
    conventions = [convention for _, convention in found]
    if not conventions or conventions[0].name == "paper":
        return ()
    name, titles = conventions[0].name, [figure.label for figure in conventions[0].figures]
    if len(found) == 1:
        columns: tuple[Column, ...] = (Column("figure", align="left"), Column("printed"))
        rows: tuple[Row, ...] = tuple((figure.label, figure.printed) for figure in conventions[0].figures)
    else:
        columns = (Column("model", align="left"), *(Column(title) for title in titles))
        rows = tuple((model, *(figure.printed for figure in said.figures)) for model, said in found)
    return (Table(columns, rows, title=f"as {name} counts"), *notes(conventions[0].counts))
