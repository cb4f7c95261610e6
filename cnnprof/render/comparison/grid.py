"""Models by engines and batches: latencies, images per s, ratios to the baseline and to the first engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from cnnprof.records.grid import Engine, Grid, reference_engine
from cnnprof.records.labels import At
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Order
from cnnprof.render.text import numbers
from cnnprof.render.text.cells import (
    Layout,
    baseline_cell,
    engine_cell,
    gain_cell,
    latency_cell,
    lay_out_grid,
    rate_cell,
)
from cnnprof.render.text.fields import Cell
from cnnprof.render.text.table import Column, Report, Table, notes

SHORT = "±: the wider side of the 95 % interval; a wider terminal and --format md give both ends"
# Dropped first when there is little room: what the network costs, then the engines from the last to the second.
COSTS = 100

Head = tuple[Column, Callable[[int, int], str]]
"""A column that says what a row is, from the model's number and the batch."""
Body = tuple[Column, Callable[[int, int], Cell]]
"""One that says how fast it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the grid."""

    title: str
    heads: tuple[Head, ...]
    bodies: tuple[Body, ...]


def grid_report(comparison: Comparison) -> Report:
    """All tables of a grid, then the order of the models at each setting.

    On one engine it is one table. Each loses first macs and memory access where there is little room, then the last
    engines.
    """
    layout = lay_out_grid(comparison)
    parts = _by_engine(layout) if len(layout.grid.engines) > 1 else [_by_batch(layout)]
    return (
        *(_table(layout, part) for part in parts),
        *notes(*order_lines(comparison.orders, layout.grid)),
    )


def _by_engine(layout: Layout) -> list[Part]:
    """One column an engine; a table for each figure."""
    grid = layout.grid
    timed = [engine for engine in grid.engines if layout.was_timed(engine)]
    base = f"{grid.models[grid.baseline]}'s {_alike(grid)}"
    same = f"{base} and batch" if len(grid.batches) > 1 else base
    costs = (
        (Column("macs", priority=COSTS), _count(layout, lambda p: numbers.count(p.counts.macs))),
        (_memory(grid), _count(layout, lambda p: numbers.size(p.counts.memory_bytes))),
    )
    parts = [
        Part(
            "latency in ms [95 % interval]",
            (*_names(layout), *costs),
            _engines(layout, grid.engines, latency_cell),
        )
    ]
    if len(grid.batches) > 1:
        parts.append(Part("images per s", _names(layout), _engines(layout, timed, rate_cell)))
    if len(grid.models) > 1:
        macs = (Column("macs", priority=COSTS), partial(_macs_ratio, layout))
        parts.append(
            Part(f"time over {same}", (*_names(layout), macs), _engines(layout, timed, baseline_cell))
        )
    first = reference_engine(layout.comparison.profiles)
    others = [engine for engine in timed if engine != first]
    if others:
        title = f"time over the same model's {_on(grid, first)}"
        parts.append(Part(title, _names(layout), _engines(layout, others, engine_cell)))
    return parts


def _memory(grid: Grid) -> Column:
    """Memory access, with the dtype that it is counted in where there are several."""
    name = grid.engines[0].dtype if grid.varies_dtype else "access"
    return Column(f"memory\n{name}", priority=COSTS + 1)


def _alike(grid: Grid) -> str:
    """What a model shares with the baseline that it is set against."""
    shared = ["under the same runtime"] if grid.varies_runtime else []
    return " ".join([*shared, *(["in the same dtype"] if grid.varies_dtype else [])])


def _on(grid: Grid, engine: Engine) -> str:
    """``under onnxruntime``, ``under onnxruntime int8``, or ``in int8``."""
    _, word = grid.axis
    return f"{word} {grid.name(engine)}"


def _by_batch(layout: Layout) -> Part:
    """One engine: one column a figure."""
    grid = layout.grid
    of = partial(_cells, layout, grid.engines[0])
    bodies: list[Body] = [
        (Column("latency", "ms"), of(latency_cell)),
        (Column("images\nper s"), of(rate_cell)),
        (Column(f"images per s\nover batch {grid.batches[0]}", priority=2), of(gain_cell)),
    ]
    if len(grid.models) > 1:
        bodies.append((Column(f"time over\n{grid.models[grid.baseline]}'s", priority=1), of(baseline_cell)))
    macs = (Column("macs", priority=COSTS), _count(layout, lambda p: numbers.count(p.counts.macs)))
    return Part("", (*_names(layout), macs), tuple(bodies))


def _names(layout: Layout) -> tuple[Head, ...]:
    """The model, its input where the heading cannot tell whose is which, and the batch where several are."""
    model: Head = (Column("model", align="left"), lambda row, batch: layout.grid.models[row])
    size: Head = (Column("input", align="left"), _count(layout, lambda p: input_text(p.request.inputs) or ""))
    batch: Head = (Column("batch"), lambda row, batch: str(batch))
    inputs = {profile.request.inputs for profile in layout.comparison.profiles}
    return (
        model,
        *((size,) if len(inputs) > 1 else ()),
        *((batch,) if len(layout.grid.batches) > 1 else ()),
    )


def _count(layout: Layout, form: Callable[[Profile], str]) -> Callable[[int, int], str]:
    def text(row: int, batch: int) -> str:
        profile = layout.profile(row, batch)
        return "" if profile is None else form(profile)

    return text


def _macs_ratio(layout: Layout, row: int, batch: int) -> str:
    profile, base = layout.profile(row, batch), layout.profile(layout.grid.baseline, batch)
    if profile is None or base is None or not base.counts.macs:
        return ""
    return numbers.ratio(profile.counts.macs / base.counts.macs)


def _engines(
    layout: Layout, engines: Sequence[Engine], cell: Callable[[Layout, int, Profile], Cell]
) -> tuple[Body, ...]:
    return tuple(
        (
            Column(layout.grid.name(engine).replace(" ", "\n"), priority=place),
            _cells(layout, engine, cell),
        )
        for place, engine in enumerate(engines)
    )


def _cells(
    layout: Layout, engine: Engine, cell: Callable[[Layout, int, Profile], Cell]
) -> Callable[[int, int], Cell]:
    return lambda row, batch: layout.show(layout.grid.place(row, engine, batch), cell)


def _table(layout: Layout, part: Part) -> Table:
    full, short = [], []
    for row, batch in layout.rows():
        head = [text(row, batch) for _, text in part.heads]
        cells = [cell(row, batch) for _, cell in part.bodies]
        full.append((*head, *(cell[0] for cell in cells)))
        short.append((*head, *(cell[1] for cell in cells)))
    columns = tuple(column for column, _ in (*part.heads, *part.bodies))
    differ = full != short
    return Table(columns, tuple(full), part.title, tuple(short) if differ else (), SHORT if differ else "")


def order_lines(orders: Sequence[Order], grid: Grid) -> list[str]:
    """``order under eager: shufflenet_v2 < mobilenet_v2 ~ ghostnet``, one line a setting; none for one model."""
    return [f"order{under(order, grid)}, fastest first: {order_text(order)}" for order in orders]


def order_text(order: Order) -> str:
    """The models from the fastest on, with ``<`` where that is resolved and ``~`` where it is not."""
    signs = [" < " if resolved else " ~ " for resolved in order.resolved]
    return "".join(f"{model}{sign}" for model, sign in zip(order.models, [*signs, ""], strict=True))


def under(at: At, grid: Grid) -> str:
    """`` under onnxruntime at batch 8``: what of a setting varies in this grid."""
    engine = f" {_on(grid, Engine(at.runtime, at.dtype))}" if len(grid.engines) > 1 else ""
    return engine + (f" at batch {at.batch}" if len(grid.batches) > 1 else "")
