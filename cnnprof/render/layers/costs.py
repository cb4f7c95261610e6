"""The report of ``--layers``: what each op costs, or each module; the columns add up to the totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.notation import input_text
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

LAYERS = (
    Column("module", align="left"),
    Column("op", align="left", priority=3),
    Column("input -> output", align="left", priority=5),
    Column("params", priority=4),
    Column("macs"),
    Column("share\nof macs", priority=2),
    Column("memory\naccess"),
    Column("flops\nper byte", priority=6),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One row: an op, or all ops of a module that follow each other."""

    path: str
    op: str
    shapes: str
    params: int
    macs: int
    flops: int
    memory_bytes: int


def layers_report(counts: Counts, depth: int | None = None, top: int | None = None) -> Report:
    """The table of layers in the order they run, or the ``top`` with the most macs; the last row is the total."""
    rows = [*layer_rows(counts, depth, top), total_row(counts)]
    shown = f"the {top} with the most macs" if top is not None else "in the order they run"
    table = Table(
        LAYERS,
        tuple(_row(layer, counts, numbers.exact, _exact_bytes) for layer in rows),
        title=f"layers, {shown}" if depth is None else f"modules to depth {depth}, {shown}",
        short_rows=tuple(_row(layer, counts, numbers.count, numbers.size) for layer in rows),
        total=True,
    )
    return (table, *notes("ops that cost nothing (views, dropout in eval) are left out", style="dim"))


def layer_rows(counts: Counts, depth: int | None = None, top: int | None = None) -> list[Layer]:
    """The rows without the total. Each column sums to the total: what is not shown is a row of its own."""
    layers = [_layer(op) for op in counts.ops]
    if depth is not None:
        layers = _aggregated(layers, depth)
    layers = [layer for layer in layers if layer.params or layer.macs or layer.flops or layer.memory_bytes]
    unused = counts.params - sum(layer.params for layer in layers)
    if unused:
        layers.append(Layer("(parameters that no op reads)", "", "", unused, 0, 0, 0))
    layers = [replace(layer, path=layer.path or "(network)") for layer in layers]
    return layers if top is None else _most_costly(layers, top)


def total_row(counts: Counts) -> Layer:
    """The whole network as a row."""
    return Layer("total", "", "", counts.params, counts.macs, counts.flops, counts.memory_bytes)


def _layer(op: OpCounts) -> Layer:
    shapes = f"{input_text(op.input_shapes)} -> {input_text(op.output_shapes)}"
    kind = op.kind if op.status != "uncounted" else f"{op.function} (uncounted)"
    return Layer(op.path, kind, shapes, op.params, op.macs, op.flops, op.memory_bytes)


def _aggregated(layers: Sequence[Layer], depth: int) -> list[Layer]:
    """Consecutive ops below the same module path, cut to ``depth`` names, as one row."""
    return [_sum(path, list(run)) for path, run in groupby(layers, lambda layer: cut_to(layer.path, depth))]


def cut_to(path: str, depth: int) -> str:
    """A module path's first ``depth`` names."""
    return ".".join(path.split(".")[:depth])


def _sum(path: str, layers: Sequence[Layer]) -> Layer:
    ops = f"{len(layers)} ops" if len(layers) > 1 else layers[0].op
    first, last = layers[0].shapes.partition(" -> ")[0], layers[-1].shapes.partition(" -> ")[2]
    return Layer(
        path,
        ops,
        f"{first} -> {last}",
        sum(layer.params for layer in layers),
        sum(layer.macs for layer in layers),
        sum(layer.flops for layer in layers),
        sum(layer.memory_bytes for layer in layers),
    )


def _most_costly(layers: Sequence[Layer], top: int) -> list[Layer]:
    ranked = sorted(layers, key=lambda layer: (layer.macs, layer.memory_bytes), reverse=True)
    rest = ranked[top:]
    others = replace(_sum(f"({len(rest)} others)", rest), op="", shapes="") if rest else None
    return [*ranked[:top], *([others] if others else [])]


def _row(layer: Layer, counts: Counts, number: numbers.Form, size: numbers.Form) -> Row:
    intensity = f"{layer.flops / layer.memory_bytes:.2f}" if layer.memory_bytes else ""
    return (
        layer.path,
        layer.op,
        layer.shapes,
        number(layer.params),
        number(layer.macs),
        numbers.share(layer.macs, counts.macs),
        size(layer.memory_bytes),
        intensity,
    )


def _exact_bytes(value: int) -> str:
    return f"{numbers.exact(value)} B"
