"""Columns that say how they are filled, in full and in fewer characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cnnprof.records.profile import Profile
from cnnprof.records.timing import Ratio
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Table

Item = TypeVar("Item")
Cell = tuple[str, str]
"""A figure in full, and in fewer characters."""
EMPTY: Cell = "", ""
NOT_TIMED = "not timed"


@dataclass(frozen=True, slots=True)
class Field(Generic[Item]):
    """One column: how an item fills it, in full and in fewer characters."""

    column: Column
    full: Callable[[Item], str]
    short: Callable[[Item], str] | None = None


def field_of(column: Column, cell: Callable[[Item], Cell]) -> Field[Item]:
    """A column whose cells are made both ways at once."""
    return Field(column, lambda item: cell(item)[0], lambda item: cell(item)[1])


def fields_table(
    fields: Sequence[Field[Item]], items: Sequence[Item], short_note: str, groups: Mapping[int, str]
) -> Table:
    """A row an item, under the headings of its ``groups`` by the first row of each."""
    return Table(
        tuple(field.column for field in fields),
        tuple(tuple(field.full(item) for field in fields) for item in items),
        short_rows=tuple(tuple((field.short or field.full)(item) for field in fields) for item in items),
        short_note=short_note,
        groups=groups,
    )


def latency_text(profile: Profile) -> Cell:
    """Milliseconds with the interval, or that it could not be timed; the reason stands below the table."""
    timing = profile.timing
    if timing is None:
        return (NOT_TIMED, NOT_TIMED) if profile.failure else EMPTY
    ends = timing.median_s, timing.low_s, timing.high_s
    return numbers.latency_interval(*ends), f"{numbers.ms(timing.median_s)} {numbers.plus_minus(*ends)}"


def ratio_text(ratio: Ratio | None) -> Cell:
    """A ratio with its interval, that of the baseline without; nothing where there is no ratio."""
    if ratio is None:
        return EMPTY
    one = numbers.ratio(ratio.ratio)
    if ratio.verdict == "baseline":
        return one, one
    ends = ratio.ratio, ratio.low, ratio.high
    return numbers.with_interval(*ends, "x"), f"{one} {numbers.plus_minus(*ends)}"
