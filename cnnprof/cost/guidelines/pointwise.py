"""G1 and G2: the memory access of pointwise convolutions, its lower bound, and what groups add to it.

ShuffleNet V2, section 2. With ``h w`` positions, ``c1`` channels in, ``c2`` out, ``g`` groups and
``B = h w c1 c2 / g`` macs:

equation 1, ``MAC = h w (c1 + c2) + c1 c2 >= 2 sqrt(h w B) + B / (h w)``, equal where ``c1 = c2``;
equation 2, ``MAC = h w (c1 + c2) + c1 c2 / g = h w c1 + B g / c1 + B / (h w)``.
"""

from __future__ import annotations

from math import sqrt

from cnnprof.records.graph import Graph, Op, item_bytes
from cnnprof.records.guidelines import PointwiseLayer


def pointwise_layers(graph: Graph) -> tuple[PointwiseLayer, ...]:
    """Every 1x1 convolution of the network, in the order they run."""
    return tuple(_layer(op) for op in graph.ops if is_pointwise(op))


def is_pointwise(op: Op) -> bool:
    """A convolution whose kernel is one position and which mixes channels."""
    if op.kind != "conv":
        return False
    return set(op.weight[2:]) == {1} and not is_depthwise(op)


def is_depthwise(op: Op) -> bool:
    """A convolution of as many groups as it has input channels, of which it has several."""
    groups = op.attributes.get("groups", 1)
    return op.kind == "conv" and groups != 1 and groups == op.source.shape[1]


def memory_access(positions: int, inputs: int, outputs: int, groups: int) -> int:
    """Equation 2: ``h w (c1 + c2) + c1 c2 / g`` elements; equation 1 at one group."""
    return positions * (inputs + outputs) + inputs * outputs // groups


def lower_bound(positions: int, macs: int) -> float:
    """Equation 1: the least elements that a dense pointwise convolution of ``macs`` multiply-adds moves."""
    return 2 * sqrt(positions * macs) + macs / positions


def added_by_groups(positions: int, outputs: int, groups: int) -> int:
    """Equation 2 less itself at one group, for equal macs and inputs: ``B (g - 1) / c1 = h w c2 (g - 1) / g``."""
    return positions * outputs * (groups - 1) // groups


def _layer(op: Op) -> PointwiseLayer:
    weight, groups = op.weight, op.attributes["groups"]
    assert isinstance(groups, int)
    outputs, inputs = weight[0], weight[1] * groups
    positions = op.outputs[0].elements // outputs
    macs = positions * inputs * outputs // groups
    return PointwiseLayer(
        path=op.path,
        module=op.module,
        positions=positions,
        inputs=inputs,
        outputs=outputs,
        groups=groups,
        macs=macs,
        elements=memory_access(positions, inputs, outputs, groups),
        bound=lower_bound(positions, macs),
        added=added_by_groups(positions, outputs, groups),
        element_bytes=item_bytes(op.outputs[0].dtype),
    )
