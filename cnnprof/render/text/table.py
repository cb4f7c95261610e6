"""The neutral table: titles, formatted cells, and which columns may go when there is little room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``title`` may have several lines, ``unit`` stands below it.

    ``priority`` 0 is never dropped; of the others the highest goes first when the terminal is too narrow, and of
    equal ones the last.
    """

    title: str
    unit: str = ""
    align: Literal["left", "right"] = "right"
    priority: int = 0

    @property
    def name(self) -> str:
        """The title in one line."""
        return self.title.replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under columns.

    ``short_rows`` say the same as ``rows`` in fewer characters, for a narrow terminal; ``short_note``
    explains them. ``groups`` puts a heading before the row of that index; ``total`` sets the last row off as
    the sum of the others.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    short_rows: tuple[Row, ...] = ()
    short_note: str = ""
    groups: Mapping[int, str] = field(default_factory=dict)
    total: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """Lines of prose, each wrapped by itself where the width is known."""

    lines: tuple[str, ...]
    style: Literal["text", "heading", "dim"] = "text"


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines drawn with characters: they stay as they are, whatever the width."""

    lines: tuple[str, ...]


Block = Table | Notes | Picture
Report = tuple[Block, ...]


def notes(*lines: str, style: Literal["text", "heading", "dim"] = "text") -> Report:
    """The lines that are not empty as one block, or no block."""
    kept = tuple(line for line in lines if line)
    return (Notes(kept, style),) if kept else ()
