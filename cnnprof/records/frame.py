"""Profiles as a pandas data frame, one row each, with a type for every column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cnnprof.records.columns import COLUMNS, KINDS, columns
from cnnprof.records.profile import Profile

if TYPE_CHECKING:
    import pandas

PANDAS_TYPES = {"text": "object", "integer": "Int64", "number": "float64", "flag": "boolean"}
LARGEST_INT64 = 2**63 - 1


def frame(profiles: Iterable[Profile]) -> pandas.DataFrame:
    """One row a profile; integers stay integers, also beside empty cells."""
    import pandas

    rows = [columns(profile) for profile in profiles]
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    typed: pandas.DataFrame = table.astype({name: _pandas_type(name, rows) for name in COLUMNS})
    return typed


def _pandas_type(name: str, rows: Iterable[Mapping[str, object]]) -> str:
    values = [row[name] for row in rows]
    if any(isinstance(value, int) and value > LARGEST_INT64 for value in values):
        return "object"  # a count beyond int64 stays exact
    return PANDAS_TYPES[KINDS[name]]
