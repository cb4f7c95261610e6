"""Counters that print one total: the papers' multiply-adds, fvcore's flops, torch's FlopCounterMode."""

from __future__ import annotations

from collections.abc import Mapping

from cnnprof.cost.arithmetic import macs
from cnnprof.records.convention import Convention, ConventionFigure
from cnnprof.records.graph import Graph, Op

# fvcore 0.1.5, flop_count.py: amounts for each element, of the input or of the output.
FVCORE_PER_INPUT: Mapping[str, int] = {"adaptive_avg_pool": 1}
FVCORE_PER_OUTPUT: Mapping[str, int] = {"upsample_nearest": 1, "upsample_bilinear": 4}
FVCORE_NORMS = ("layer_norm", "group_norm")


def paper(graph: Graph) -> Convention:
    """Multiply-adds of convolutions, linear layers and matrix products, as the mobile papers count "FLOPs"."""
    total = sum(macs(op) for op in graph.ops)
    return _one_total(
        "paper", "multiply-adds of convolutions, linear layers and matrix products", "macs", total
    )


def fvcore(graph: Graph) -> Convention:
    """fvcore's FlopCountAnalysis: one flop a multiply-add, and batch norm, adaptive pooling and upsampling."""
    counts = (
        "one flop a multiply-add; 2 an element for batch norm (1 without affine), 5 (4) for other norms, 1 an input "
        "element for adaptive average pooling, 1 (nearest) or 4 (bilinear) an output element for upsampling; "
        "fused attention is skipped"
    )
    return _one_total("fvcore", counts, "flops", sum(fvcore_amount(op) for op in graph.ops))


def fvcore_amount(op: Op) -> int:
    """What fvcore adds to its total for one op."""
    if op.kind == "attention":
        return 0
    if op.kind == "batch_norm":
        return op.inputs[0].elements * (2 if op.attributes.get("affine") else 1)
    if op.kind in FVCORE_NORMS:
        return op.inputs[0].elements * (5 if op.attributes.get("affine", True) else 4)
    if op.kind in FVCORE_PER_INPUT:
        return op.inputs[0].elements * FVCORE_PER_INPUT[op.kind]
    if op.kind in FVCORE_PER_OUTPUT:
        return op.outputs[0].elements * FVCORE_PER_OUTPUT[op.kind]
    return macs(op)


def torch(graph: Graph) -> Convention:
    """torch.utils.flop_counter.FlopCounterMode on the CPU: 2 flops a multiply-add, nothing else."""
    total = sum(2 * macs(op) for op in graph.ops if op.kind != "attention")
    counts = (
        "2 flops a multiply-add of convolutions, linear layers and matrix products; fused CPU attention is 0"
    )
    return _one_total("torch", counts, "flops", total)


def _one_total(name: str, counts: str, label: str, total: int) -> Convention:
    return Convention(name, counts, (ConventionFigure(label, total, f"{total:,}"),))
