"""G4: what each group of ops costs beside its share of the macs."""

from __future__ import annotations

from cnnprof.cost.arithmetic import FREE, MACS, MOVES, READS
from cnnprof.cost.fusion import ACTIVATIONS
from cnnprof.cost.guidelines.pointwise import is_depthwise, is_pointwise
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph, Op
from cnnprof.records.guidelines import Share

ACTIVATION, ARITHMETIC, NORM = "activations", "additions and products", "normalisation"
COPY, DEPTHWISE = "concat, shuffle and other copies", "depthwise convolutions"
POINTWISE, OTHER_CONVS = "pointwise convolutions", "other convolutions"
PRODUCTS, POOLING, OTHERS = "linear layers and matrix products", "pooling and means", "others"
# The paper's elementwise ops: little arithmetic, many bytes; it counts depthwise convolutions among them as well.
ELEMENTWISE = (ACTIVATION, ARITHMETIC, NORM, COPY, DEPTHWISE)
GROUPS = (POINTWISE, OTHER_CONVS, PRODUCTS, POOLING, *ELEMENTWISE, OTHERS)


def find_shares(graph: Graph, counts: Counts) -> tuple[Share, ...]:
    """Each group that occurs; ops that cost nothing belong to none."""
    found: dict[str, list[int]] = {group: [] for group in GROUPS}
    for index, op in enumerate(graph.ops):
        if op.kind not in FREE:
            found[group_of(op)].append(index)
    return tuple(
        Share(
            group=group,
            operations=len(indices),
            macs=sum(counts.ops[index].macs for index in indices),
            flops=sum(counts.ops[index].flops for index in indices),
            memory_bytes=sum(counts.ops[index].memory_bytes for index in indices),
        )
        for group, indices in found.items()
        if indices
    )


def group_of(op: Op) -> str:
    """The group that an op belongs to."""
    if op.kind in ("conv", "conv_transpose"):
        if is_depthwise(op):
            return DEPTHWISE
        return POINTWISE if is_pointwise(op) else OTHER_CONVS
    if op.kind in MACS:
        return PRODUCTS
    if op.kind in READS:
        return POOLING
    if op.kind in ACTIVATIONS or op.kind in ("softmax", "glu"):
        return ACTIVATION
    if op.kind.endswith("_norm"):
        return NORM
    if op.kind in MOVES:
        return COPY
    return ARITHMETIC if op.kind in ARITHMETICS else OTHERS


ARITHMETICS = frozenset(
    {
        "add", "sub", "mul", "div", "multiply_add", "lerp", "pow", "sqrt", "exp", "neg", "abs", "round", "maximum",
        "minimum", "compare", "quantize", "dequantize", "dynamic_quantize", "fake_quantize",
    }
)  # fmt: skip
