"""Where every character of a report goes. Pure text: the console adds colour, a pipe takes it as it is.

A table that is wider than the terminal is first written with its short rows, then loses columns by priority;
a cell is never wrapped or cut. Without a width (a pipe, a file) a table is as wide as it needs to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from textwrap import wrap
from unicodedata import east_asian_width

from cnnprof.errors import printable
from cnnprof.render.text.table import Block, Column, Notes, Picture, Report, Row, Table

GAP = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output; ``style`` is what the console colours it by."""

    text: str
    style: str = "text"


def lay_out(report: Report, width: int | None = None) -> list[Line]:
    """All lines for a terminal of ``width`` columns, or for a pipe; an empty line sets blocks apart."""
    lines: list[Line] = []
    for block in report:
        if lines:
            lines.append(Line(""))
        lines += _block(block, width)
    return lines


def _block(block: Block, width: int | None) -> Iterable[Line]:
    if isinstance(block, Picture):
        return [Line(printable(line)) for line in block.lines]
    return _notes(block, width) if isinstance(block, Notes) else _table(block, width)


def _notes(block: Notes, width: int | None) -> Iterator[Line]:
    for line in block.lines:
        for text in _wrapped(printable(line), width):
            yield Line(text, block.style)


def _wrapped(line: str, width: int | None) -> list[str]:
    if width is None or display_width(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return wrap(
        line,
        max(width, len(indent) + 1),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(table: Table, width: int | None) -> Iterator[Line]:
    table = _printable(table)
    fitted, dropped = fit(table, width)
    if table.title:
        yield from _notes(Notes((table.title,), "heading"), width)
    yield from _lines(fitted)
    remarks = [table.short_note if fitted.rows != table.rows else "", _left_out(dropped, width)]
    for remark in filter(None, remarks):
        yield from _notes(Notes((remark,), "dim"), width)


def _printable(table: Table) -> Table:
    """Before anything is measured: what control characters are written as has a width of its own."""
    groups = {row: printable(heading) for row, heading in table.groups.items()}
    return replace(table, rows=_cells(table.rows), short_rows=_cells(table.short_rows), groups=groups)


def _cells(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(tuple(map(printable, row)) for row in rows)


def _left_out(dropped: Iterable[Column], width: int | None) -> str:
    names = ", ".join(column.name for column in dropped)
    return (
        f"left out at {width} columns: {names}; a wider terminal, a pipe or --format md shows all"
        if names
        else ""
    )


def fit(table: Table, width: int | None) -> tuple[Table, tuple[Column, ...]]:
    """The table as it fits ``width``, and the columns that had to go, first gone first."""
    dropped: list[Column] = []
    if width is not None and table_width(table) > width and table.short_rows:
        table = replace(table, rows=table.short_rows)
    while width is not None and table_width(table) > width:
        last = max(range(len(table.columns)), key=lambda i: (table.columns[i].priority, i), default=0)
        if not table.columns or table.columns[last].priority == 0:
            break
        dropped.append(table.columns[last])
        table = _without(table, last)
    return table, tuple(dropped)


def _without(table: Table, index: int) -> Table:
    def cut(row: Row) -> Row:
        return row[:index] + row[index + 1 :]

    columns = table.columns[:index] + table.columns[index + 1 :]
    return replace(table, columns=columns, rows=tuple(map(cut, table.rows)), short_rows=())


def table_width(table: Table) -> int:
    """Characters of its widest line, headings of groups aside."""
    return sum(column_widths(table)) + len(GAP) * (len(table.columns) - 1)


def column_widths(table: Table) -> list[int]:
    """Characters of each column: the widest of title, unit and cells."""
    cells = [[*_heading(column), *(row[i] for row in table.rows)] for i, column in enumerate(table.columns)]
    return [max(map(display_width, column), default=0) for column in cells]


def _heading(column: Column) -> list[str]:
    return [line for line in (*column.title.split("\n"), column.unit) if line]


def _lines(table: Table) -> Iterator[Line]:
    widths = column_widths(table)
    yield from (Line(text, "header") for text in _header(table, widths))
    rule = Line(GAP.join("-" * width for width in widths).rstrip(), "dim")
    yield rule
    for index, row in enumerate(table.rows):
        if index in table.groups:
            yield Line(table.groups[index], "heading")
        if table.total and index == len(table.rows) - 1:
            yield rule
        yield Line(_row(table, row, widths))


def _header(table: Table, widths: list[int]) -> Iterator[str]:
    """Titles of several lines stand on the last one."""
    headings = [_heading(column) for column in table.columns]
    height = max(map(len, headings), default=0)
    padded = [[""] * (height - len(heading)) + heading for heading in headings]
    for level in range(height):
        yield _row(table, tuple(heading[level] for heading in padded), widths)


def _row(table: Table, row: Row, widths: list[int]) -> str:
    cells = (
        _aligned(column.align)(cell, width)
        for column, cell, width in zip(table.columns, row, widths, strict=True)
    )
    return GAP.join(cells).rstrip()


def _aligned(align: str) -> Callable[[str, int], str]:
    if align == "left":
        return lambda cell, width: cell + " " * (width - display_width(cell))
    return lambda cell, width: " " * (width - display_width(cell)) + cell


def display_width(text: str) -> int:
    """Terminal columns that ``text`` takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
