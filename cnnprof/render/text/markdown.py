"""Reports as Markdown (GitHub's tables)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnnprof.errors import printable
from cnnprof.render.text.table import Block, Column, Notes, Picture, Report, Row, Table

EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore that letters do not stand on both sides of


def to_markdown(report: Report) -> str:
    """The report with every column in full, ending in a newline."""
    return "\n\n".join(map(_block, report)) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Picture):
        return "\n".join(["```text", *map(printable, block.lines), "```"])
    return _prose(block) if isinstance(block, Notes) else _table(block)


def _prose(block: Notes) -> str:
    if block.style == "heading":
        return "\n\n".join(f"## {_escaped(line)}" for line in block.lines)
    return "\n".join(f"- {_item(line.strip().removeprefix('- '))}" for line in block.lines)


def _item(line: str) -> str:
    """A line of a list; one that begins with a mark of its own (``+ as printed``) would become a list in it."""
    return f"\\{_escaped(line)}" if line[:2] in ("+ ", "- ") else _escaped(line)


def _table(table: Table) -> str:
    title = [f"### {_escaped(table.title)}", ""] if table.title else []
    return "\n".join([*title, *_lines(table)])


def _lines(table: Table) -> Iterator[str]:
    yield _row(_escaped(_heading(column)) for column in table.columns)
    yield _row("---:" if column.align == "right" else ":---" for column in table.columns)
    for index, row in enumerate(table.rows):
        if index in table.groups:
            yield _row([f"**{_escaped(table.groups[index])}**", *[""] * (len(table.columns) - 1)])
        yield _row(_emphasised(table, index, row))


def _heading(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.name and column.unit else column.name or column.unit


def _emphasised(table: Table, index: int, row: Row) -> Iterable[str]:
    """Without the blanks that align a cell in a terminal: stars beside a blank stay stars."""
    total = table.total and index == len(table.rows) - 1
    cells = (_escaped(cell.rstrip()) for cell in row)
    return (f"**{cell}**" if total and cell else cell for cell in cells)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Characters that Markdown would take as its own; an underscore between letters is not among them."""
    text = printable(text)
    for sign in "\\|*<`":
        text = text.replace(sign, f"\\{sign}")
    return EDGE.sub(r"\\_", text)
