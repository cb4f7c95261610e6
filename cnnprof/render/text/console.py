"""Reports on a terminal, through rich, or in a pipe, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from cnnprof.render.text.layout import Line, lay_out
from cnnprof.render.text.table import Report

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"heading": "bold", "header": "bold", "dim": "dim"}


def print_report(report: Report, file: TextIO) -> None:
    """Print for the terminal behind ``file``, fitted to its width; to a pipe in full, without colour."""
    if not file.isatty():
        file.write(plain_text(report))
        return
    from rich.console import Console

    console = Console(file=file, highlight=False, emoji=False, markup=False)
    if not console.width:  # COLUMNS=0, as some programs leave it: rich would print nothing
        console = Console(file=file, highlight=False, emoji=False, markup=False, width=80)
    for line in lay_out(report, console.width):
        _print_line(console, line)


def _print_line(console: Console, line: Line) -> None:
    # soft_wrap: the layout has already fitted the line, rich must not wrap or crop it again
    console.print(line.text, style=STYLES.get(line.style), soft_wrap=True)


def plain_text(report: Report, width: int | None = None) -> str:
    """The report as text, ending in a newline."""
    return "".join(f"{line.text}\n" for line in lay_out(report, width))
