"""How a runtime was made ready: what converting took, the first call, and how far its output is from eager's."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.grid import Grid
from cnnprof.records.preparation import Preparation
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Table

TITLES = (
    Column("conversion"),
    Column("first call"),
    Column("largest difference\nfrom eager, float32", priority=1),
)


def preparation_rows(preparation: Preparation) -> list[tuple[str, str]]:
    """Names and texts for the report of one model; nothing for what did not happen."""
    rows = [
        ("conversion", conversion(preparation)),
        ("first call", first_call(preparation)),
        ("difference from eager", difference(preparation)),
    ]
    return [row for row in rows if row[1]]


def preparation_tables(profiles: Sequence[Profile], grid: Grid) -> tuple[Table, ...]:
    """One row an engine and batch of one model; no table where nothing is known."""
    prepared = [(profile, profile.preparation) for profile in profiles if profile.preparation]
    if not prepared:
        return ()
    dtypes, batches = grid.varies_dtype, len(grid.batches) > 1
    columns = (
        Column("runtime", align="left"),
        *([Column("dtype", align="left")] if dtypes else []),
        *([Column("batch")] if batches else []),
        *TITLES,
    )
    rows = tuple(
        (
            profile.request.runtime,
            *([profile.request.dtype] if dtypes else []),
            *([str(profile.request.batch)] if batches else []),
            conversion(preparation) or "none",
            first_call(preparation),
            difference(preparation) or "not checked",
        )
        for profile, preparation in prepared
    )
    return (Table(columns, rows, title="preparation"),)


def conversion(preparation: Preparation) -> str:
    """Seconds that exporting, converting or compiling took; empty where nothing is converted."""
    took = f"{preparation.convert_s:.2f} s"
    if preparation.cached:
        return f"from the cache, {took}"
    return took if preparation.convert_s > 0 else ""


def first_call(preparation: Preparation) -> str:
    """The first forward pass, in which many runtimes still choose kernels."""
    seconds = preparation.first_call_s
    return "" if seconds is None else numbers.milliseconds(seconds)


def difference(preparation: Preparation) -> str:
    """The largest difference from eager, relative to the largest output: ``2.1e-06 of the largest output``."""
    if preparation.error is None:
        return ""
    return f"{preparation.error:.1e} of the largest output" if preparation.error else "none"
