"""The rooflines of several networks: a row each, and the limits that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnprof.records.grid import Grid, grid_of
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.roofline import Roofline
from cnnprof.render.roofline.limits import (
    BYTES,
    FLOOR,
    bytes_lines,
    intensity_text,
    limits_table,
    setting_text,
)
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

UNDER = (
    Column("bound", align="left", priority=1),
    Column("MAC\nper byte", priority=3),
    Column("from\nmemory", "ms", priority=2),
    Column("floor", "ms"),
    Column("latency", "ms"),
    Column("floor over\nlatency"),
)


def rooflines_report(comparison: Comparison) -> Report:
    """One row a profile, and the limits that they were held against."""
    found = [profile for profile in comparison.profiles if profile.roofline is not None]
    if not found:
        return ()
    limits = {setting_text(roofline.ceilings): roofline.ceilings for p in found if (roofline := p.roofline)}
    return (
        _networks_table(found),
        *(limits_table(ceilings, f"measured limits{at}") for at, ceilings in limits.items()),
        *notes(FLOOR, *bytes_lines(found, BYTES), style="dim"),
    )


def _networks_table(profiles: Sequence[Profile]) -> Table:
    """What tells the rows apart stays at any width."""
    grid = grid_of(profiles)
    told: dict[str, Callable[[Profile], str]] = {"runtime": lambda p: p.request.runtime}
    if grid.varies_dtype:
        told["dtype"] = lambda p: p.request.dtype
    if len({profile.request.inputs for profile in profiles}) > 1:
        told["input"] = lambda p: input_text(p.request.inputs) or ""
    if len(grid.batches) > 1:
        told["batch"] = lambda p: str(p.request.batch)
    columns = (
        Column("model", align="left"),
        *(_telling(name, grid) for name in told),
        *UNDER,
    )
    rows = tuple(
        (p.request.model, *(show(p) for show in told.values()), *_comparison_row(p, p.roofline))
        for p in profiles
        if p.roofline
    )
    return Table(columns, rows, title="roofline")


def _telling(name: str, grid: Grid) -> Column:
    """A column that tells rows apart stays; one runtime for all of them stands in the heading as well."""
    common = name == "runtime" and not grid.varies_runtime
    return Column(name, align="right" if name == "batch" else "left", priority=4 if common else 0)


def _comparison_row(profile: Profile, roofline: Roofline) -> Row:
    timing = profile.timing
    return (
        roofline.bound,
        intensity_text(roofline.intensity),
        numbers.ms(roofline.roof_s),
        numbers.ms(roofline.floor_s),
        "" if timing is None else numbers.ms(timing.median_s),
        "" if timing is None else numbers.share(roofline.floor_s, timing.median_s),
    )
