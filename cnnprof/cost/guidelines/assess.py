"""All four guidelines on one network, and what departs from them, by the bytes or the time that could be saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cnnprof.cost.guidelines.blocks import find_blocks
from cnnprof.cost.guidelines.clock import seconds_of_ops, timed, timed_shares
from cnnprof.cost.guidelines.pointwise import is_pointwise, pointwise_layers
from cnnprof.cost.guidelines.shares import ACTIVATION, ARITHMETIC, NORM, find_shares, group_of
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.guidelines import Block, Finding, Guidelines, PointwiseLayer
from cnnprof.records.layer_times import LayerTimes

EQUATIONS = {
    "G1": "eq. 1: h w (c1 + c2) + c1 c2 >= 2 sqrt(h w B) + B / (h w)",
    "G2": "eq. 2: h w c1 + B g / c1 + B / (h w), at B macs",
    "G3": "section 2, G3: each fragment is a kernel of its own to start and to wait for (table 3)",
    "G4": "section 2, G4: h w c elements read and written for h w c operations (table 4)",
}
INSTEAD = {
    "G1": "as many channels out as in (figure 3c: c to c inside a block)",
    "G2": "splits the channels and leaves one half alone, where ShuffleNet V1 had groups",
    "G3": "two branches, one of them the identity",
    ACTIVATION: "has activations in one branch only (deployed, they are fused with the convolution before)",
    ARITHMETIC: "joins by concat instead of adding",
    NORM: "batch norm folds into the convolution before it once deployed",
}


Seconds = Sequence[float] | None
"""Of each op of the graph; None where nothing was timed."""


def assess(graph: Graph, counts: Counts, times: LayerTimes | None = None) -> Guidelines:
    """Guidelines G1 to G4 of a network, from its graph and the costs of its ops; with ``times`` sorted by time."""
    seconds = None if times is None else seconds_of_ops(counts, times)
    whole_s = None if times is None else times.typical(times.total)
    layers, blocks, shares = (
        pointwise_layers(graph),
        find_blocks(graph, counts, seconds),
        find_shares(graph, counts),
    )
    places = [index for index, op in enumerate(graph.ops) if is_pointwise(op)]
    found = [
        *_wide(layers, places, counts, seconds),
        *_grouped(layers, places, counts, seconds),
        *_fragmented(blocks, whole_s),
        *_elementwise(graph, counts, seconds, whole_s),
    ]
    found.sort(key=lambda finding: (-(finding.saved_s or 0.0), -finding.saved_bytes))
    if seconds is not None:
        shares = timed_shares(shares, graph, seconds)
    return Guidelines(layers, blocks, shares, tuple(found))


def _wide(
    layers: Iterable[PointwiseLayer], places: Iterable[int], counts: Counts, seconds: Seconds
) -> Iterator[Finding]:
    """G1: unequal channels, each layer beside one of equal channels, as many macs and as many groups."""
    for layer, place in zip(layers, places, strict=True):
        saved = round(layer.unbalanced * layer.element_bytes)
        if saved:
            times = layer.elements / (layer.elements - layer.unbalanced)
            figure = f"{layer.inputs} to {layer.outputs} channels: {times:.2f} times the least memory access"
            yield _at(place, _finding("G1", layer.path, layer.module, figure, saved), counts, seconds)


def _grouped(
    layers: Iterable[PointwiseLayer], places: Iterable[int], counts: Counts, seconds: Seconds
) -> Iterator[Finding]:
    """G2: groups."""
    for layer, place in zip(layers, places, strict=True):
        if layer.added:
            dense = layer.elements / (layer.elements - layer.added)
            figure = f"{layer.groups} groups: {dense:.2f} times the memory access of one, at equal macs"
            saved = layer.added * layer.element_bytes
            yield _at(place, _finding("G2", layer.path, layer.module, figure, saved), counts, seconds)


def _at(place: int, finding: Finding, counts: Counts, seconds: Seconds) -> Finding:
    """The finding with the time of the op that it is about."""
    return finding if seconds is None else timed(finding, seconds[place], counts.ops[place].memory_bytes)


def _fragmented(blocks: Iterable[Block], whole_s: float | None) -> Iterator[Finding]:
    """G3: more than the two branches that the paper allows itself."""
    for block in blocks:
        if block.branches > 2 and block.saved_bytes:
            figure = _fragments(block, whole_s)
            finding = _finding("G3", block.path, block.module, figure, block.saved_bytes)
            yield finding if block.seconds is None else timed(finding, block.seconds, block.memory_bytes)


def _fragments(block: Block, whole_s: float | None) -> str:
    if block.small_s is None or not whole_s:
        return (
            f"{block.branches} parallel branches of {block.fragments} convolutions and poolings, "
            f"{block.operations} operations"
        )
    small = f"{block.small} small ones {_percent(block.small_s / whole_s)} of the time"
    return f"{block.branches} branches, {block.operations} operations, {small}"


def _elementwise(graph: Graph, counts: Counts, seconds: Seconds, whole_s: float | None) -> Iterator[Finding]:
    """G4: each activation, addition, product and normalisation."""
    for place, (op, cost) in enumerate(zip(graph.ops, counts.ops, strict=True)):
        group = group_of(op)
        if group in INSTEAD and cost.memory_bytes:
            share = cost.memory_bytes / counts.memory_bytes
            figure = f"{op.kind}: {_percent(share)} of the bytes"
            if seconds is None or not whole_s:
                figure += f", {_percent(cost.flops / max(counts.flops, 1))} of the flops"
            else:
                figure += f", {_percent(seconds[place] / whole_s)} of the time"
            saved = cost.memory_bytes
            finding = Finding("G4", op.path, op.module, figure, EQUATIONS["G4"], INSTEAD[group], saved)
            yield _at(place, finding, counts, seconds)


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def _finding(guideline: str, path: str, module: str, figure: str, saved: int) -> Finding:
    return Finding(guideline, path, module, figure, EQUATIONS[guideline], INSTEAD[guideline], saved)
