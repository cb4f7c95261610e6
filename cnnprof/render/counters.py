"""The report of ``--conventions``: a row a counter, and below it what makes its total differ from ``paper``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from cnnprof.records.convention import Convention
from cnnprof.records.profile import Profile
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import setting, uncounted_lines

COLUMNS = (Column("counter", align="left"), Column("total"), Column("differs by"))
REASON_WIDTH = 44  # leaves room for two columns of hundreds of billions in 80 characters
FOOT = (
    "each total is what that counter prints for this network, worked out from one trace, unless its line below says "
    "not reproduced here; what it differs by adds up to its total less paper's"
)
NO_MODULES = (
    "this network has no torch modules: thop, ptflops, torchinfo, torchstat and DeepSpeed, which look at "
    "modules and functions of torch, find nothing in it"
)


def counters_report(profile: Profile) -> Report:
    """All conventions of a profile made with them."""
    rows = tuple(row for convention in profile.conventions for row in _rows(convention, profile.counts.macs))
    title = f"{profile.request.model} ({setting([profile])}) as others count it"
    others = (_other_figures(convention) for convention in profile.conventions)
    said = (f"{convention.name}: {convention.counts}" for convention in profile.conventions)
    modules = any(op.module and op.module != op.function for op in profile.counts.ops)
    return (
        Table(COLUMNS, rows, title=title, short_rows=tuple(_wrapped(rows))),
        *notes("" if modules else NO_MODULES, *others, *uncounted_lines([profile])),
        *notes(FOOT, *said, style="dim"),
    )


def _rows(convention: Convention, macs: int) -> Iterator[Row]:
    off = convention.total - macs
    yield (convention.name, f"{convention.total:,}", f"{off:+,}" if off else "the same")
    for reason, amount in convention.reasons(macs):
        yield (f"  {reason}", "", f"{amount:+,}")


def _wrapped(rows: Iterable[Row]) -> Iterator[Row]:
    """The same with long reasons in several rows, the amount in the last of them."""
    for label, *amounts in rows:
        indent = " " * (len(label) - len(label.lstrip()))
        *first, last = wrap(label, REASON_WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
        yield from ((line, "", "") for line in first)
        yield (last, *amounts)


def _other_figures(convention: Convention) -> str:
    if len(convention.figures) < 2:
        return ""
    return f"{convention.name} prints " + ", ".join(
        f"{figure.label} {figure.printed}" for figure in convention.figures
    )
