"""The report of ``--memory``: which layer sets the peak, and what is alive there, in three orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnnprof.records.peak import MemoryOrder, PeakMemory
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import setting, uncounted_lines

ORDERS = (
    Column("order", align="left"),
    Column("peak"),
    Column("to as\nexecuted", priority=2),
    Column("set by", align="left"),
    Column("ops", align="left", priority=1),
)
ALIVE = (
    Column("alive at the peak", align="left"),
    Column("written by", align="left", priority=1),
    Column("shape"),
    Column("dtype", align="left", priority=2),
    Column("bytes"),
    Column("share", priority=3),
)
FOOT = (
    "as executed: in place only where the network's code says so",
    "in place where possible: an elementwise op overwrites an input of its size that is not read again",
    "fused: also batch norm, activations and residual additions inside their producer",
    "activations only, counted, not measured: without the kernels' own workspace, and without what eager mode keeps "
    "for longer (a module's input until it returns)",
)


def peak_report(profile: Profile) -> Report:
    """The orders, then the live tensors of each at its peak."""
    found = profile.peak
    if found is None:
        return ()
    rows, groups = _alive(found)
    return (
        *notes(f"peak memory of {profile.request.model}: {setting([profile])}", style="heading"),
        Table(ORDERS, tuple(_order_row(order, found.orders[0]) for order in found.orders)),
        *notes(
            f"weights take another {numbers.size(found.weight_bytes)}, all the time",
            *uncounted_lines([profile]),
        ),
        Table(ALIVE, rows, groups=groups),
        *notes(*FOOT, style="dim"),
    )


def _order_row(order: MemoryOrder, first: MemoryOrder) -> Row:
    return (
        order.order,
        numbers.size(order.peak_bytes),
        numbers.ratio(order.peak_bytes / first.peak_bytes) if first.peak_bytes else "",
        order.path or "(network)",
        order.kind,
    )


def _alive(peak: PeakMemory) -> tuple[tuple[Row, ...], Mapping[int, str]]:
    """Rows of all orders, and the heading before the first row of each."""
    rows: list[Row] = []
    groups: dict[int, str] = {}
    for order in peak.orders:
        groups[len(rows)] = f"{order.order}: {numbers.exact(order.peak_bytes)} bytes"
        rows += _rows(order)
    return tuple(rows), groups


def _rows(order: MemoryOrder) -> Iterator[Row]:
    for tensor in order.alive:
        yield (
            tensor.path or ("the input" if tensor.kind == "input" else "(network)"),
            "the caller" if tensor.kind == "input" else tensor.kind,
            "x".join(map(str, tensor.shape)),
            tensor.dtype,
            numbers.exact(tensor.nbytes),
            numbers.share(tensor.nbytes, order.peak_bytes),
        )
