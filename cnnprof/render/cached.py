"""The reports of ``cache``: where conversions are kept, and what was removed."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.cached import Cached
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Table, notes

COLUMNS = (Column("conversion", align="left"), Column("entries"), Column("size"))


def cache_report(place: str, kinds: Sequence[Cached]) -> Report:
    """The folder, then each kind of conversion and their sum."""
    if not kinds:
        return notes(f"{place}: empty")
    rows = [(kind.kind, str(kind.entries), numbers.size(kind.total_bytes)) for kind in kinds]
    whole = _sum(kinds)
    rows.append(("all", str(whole.entries), numbers.size(whole.total_bytes)))
    return (*notes(place, style="heading"), Table(COLUMNS, tuple(rows)))


def cleared_report(place: str, kinds: Sequence[Cached]) -> Report:
    """What was freed, in one line."""
    if not kinds:
        return notes(f"{place}: nothing to remove")
    whole = _sum(kinds)
    return notes(
        f"{place}: removed {numbers.number_of(whole.entries, 'conversion')}, freed {numbers.size(whole.total_bytes)}"
    )


def _sum(kinds: Sequence[Cached]) -> Cached:
    return Cached("all", sum(kind.entries for kind in kinds), sum(kind.total_bytes for kind in kinds))
