"""All four guidelines on one network, and what departs from them, by the bytes that could be saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnnprof.cost.guidelines.blocks import find_blocks
from cnnprof.cost.guidelines.pointwise import pointwise_layers
from cnnprof.cost.guidelines.shares import ACTIVATION, ARITHMETIC, NORM, find_shares, group_of
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.guidelines import Block, Finding, Guidelines, PointwiseLayer

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
    "G4": "joins by concat instead of adding, and has activations in one branch only",
    "norm": "batch norm folds into the convolution before it once deployed",
}


def assess(graph: Graph, counts: Counts) -> Guidelines:
    """Guidelines G1 to G4 of a network, from its graph and the costs of its ops."""
    layers, blocks = pointwise_layers(graph), find_blocks(graph, counts)
    found = [*_wide(layers), *_grouped(layers), *_fragmented(blocks), *_elementwise(graph, counts)]
    found.sort(key=lambda finding: -finding.saved_bytes)
    return Guidelines(layers, blocks, find_shares(graph, counts), tuple(found))


def _wide(layers: Iterable[PointwiseLayer]) -> Iterator[Finding]:
    """G1: unequal channels, each layer beside one of equal channels, as many macs and as many groups."""
    for layer in layers:
        saved = round(layer.unbalanced * layer.element_bytes)
        if saved:
            times = layer.elements / (layer.elements - layer.unbalanced)
            figure = f"{layer.inputs} to {layer.outputs} channels: {times:.2f} times the least memory access"
            yield _finding("G1", layer.path, layer.module, figure, saved)


def _grouped(layers: Iterable[PointwiseLayer]) -> Iterator[Finding]:
    """G2: groups."""
    for layer in layers:
        if layer.added:
            dense = layer.elements / (layer.elements - layer.added)
            figure = f"{layer.groups} groups: {dense:.2f} times the memory access without, at equal macs"
            yield _finding("G2", layer.path, layer.module, figure, layer.added * layer.element_bytes)


def _fragmented(blocks: Iterable[Block]) -> Iterator[Finding]:
    """G3: more than the two branches that the paper allows itself."""
    for block in blocks:
        if block.branches > 2 and block.saved_bytes:
            figure = (
                f"{block.branches} parallel branches of {block.fragments} convolutions and poolings, "
                f"{block.operations} operations"
            )
            yield _finding("G3", block.path, block.module, figure, block.saved_bytes)


def _elementwise(graph: Graph, counts: Counts) -> Iterator[Finding]:
    """G4: each activation, addition, product and normalisation."""
    for op, cost in zip(graph.ops, counts.ops, strict=True):
        group = group_of(op)
        if group in (ACTIVATION, ARITHMETIC, NORM) and cost.memory_bytes:
            share = cost.memory_bytes / counts.memory_bytes
            figure = (
                f"{op.kind}: {share:.1%} of the bytes, {cost.flops / max(counts.flops, 1):.1%} of the flops"
            )
            instead = INSTEAD["norm"] if group == NORM else INSTEAD["G4"]
            yield Finding("G4", op.path, op.module, figure, EQUATIONS["G4"], instead, cost.memory_bytes)


def _finding(guideline: str, path: str, module: str, figure: str, saved: int) -> Finding:
    return Finding(guideline, path, module, figure, EQUATIONS[guideline], INSTEAD[guideline], saved)
