"""Counters that look at ops and print one total: the papers' multiply-adds, fvcore's flops, torch's FlopCounterMode."""

from __future__ import annotations

from cnnprof.cost.conventions.functions import OPAQUE, called, matmul_amount
from cnnprof.cost.conventions.fused import fused
from cnnprof.cost.conventions.norms import is_fixed, per_element
from cnnprof.cost.conventions.recurrent import OPERATORS
from cnnprof.cost.conventions.tally import BROADCASTING, MISSED, NO_FORMULA, Tally
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Graph, Op

PRODUCTS = frozenset({"conv", "conv_transpose", "linear", "matmul"})
NORMS = ("batch_norm", "layer_norm", "group_norm")
# Products that fvcore has no formula for, by what the network calls, and torch none, by the op that is run for it.
FVCORE_UNKNOWN = OPERATORS | OPAQUE | {"addmv", "baddbmm", "scaled_dot_product_attention"}
TORCH_UNKNOWN = frozenset({"mv", "dot", "vdot", "addmv", "addbmm"})
# Operators of torch.jit that fvcore does not know, though they are of a kind that it counts; nor those of one dimension
# or three.
OTHER_RESIZING = frozenset({"_upsample_nearest_exact2d", "_upsample_bilinear2d_aa"})
EQUAL = "multiply-adds"  # never shown: nothing differs


def paper(graph: Graph) -> Convention:
    """Multiply-adds of convolutions, linear layers and matrix products, as the mobile papers count "FLOPs"."""
    tally = Tally(graph)
    for index, count in tally.open_products():
        tally.product(index, count, EQUAL)
    return tally.close("paper", "multiply-adds of convolutions, linear layers and matrix products", "macs")


def fvcore(graph: Graph) -> Convention:
    """fvcore's FlopCountAnalysis: one flop a multiply-add, and batch norm, adaptive pooling and upsampling.

    Source: fvcore 0.1.5, ``nn/flop_count.py`` and ``nn/jit_handles.py``.
    """
    tally = Tally(graph)
    for index, count in tally.open_products():
        op = graph.ops[index]
        # torch.jit has an operator of its own for padding by name ("same", "valid"), which fvcore does not know.
        unknown = called(op) in FVCORE_UNKNOWN or op.attributes.get("padding_by_name")
        if op.kind in PRODUCTS and not unknown:
            tally.product(index, matmul_amount(op) or count, BROADCASTING)
    for op in graph.ops:
        reason, amount = _fvcore_extra(op)
        if amount:
            tally.extra(reason, amount)
    counts = (
        "one flop a multiply-add; 2 an element for batch norm (1 without affine), 5 (4) for other norms, 1 an input "
        "element for adaptive average pooling, 1 (nearest) or 4 (bilinear) an output element for upsampling; "
        "fused attention, recurrent layers (not cells) and convolutions padded by name are skipped"
    )
    return tally.close("fvcore", counts, "flops", MISSED, NO_FORMULA)


def _fvcore_extra(op: Op) -> tuple[str, int]:
    """What fvcore adds for an op that is no product; elements are those of the input, or of the output."""
    if op.kind in NORMS:
        each, norm = per_element(op), "batch norm" if is_fixed(op) else "other norms"
        return f"{norm}: {each} an element", op.source.elements * each
    if op.function in OTHER_RESIZING or op.function.endswith(("1d", "3d")):
        return "", 0
    if op.kind == "adaptive_avg_pool" and called(op) != "adaptive_avg_pool1d":
        return "adaptive average pooling: 1 an input element", op.source.elements
    if op.kind == "upsample_nearest":
        return "upsampling, nearest: 1 an output element", op.outputs[0].elements
    if op.kind == "upsample_bilinear":
        return "upsampling, bilinear: 4 an output element", op.outputs[0].elements * 4
    return "", 0


def torch(graph: Graph) -> Convention:
    """torch.utils.flop_counter.FlopCounterMode on the CPU: 2 flops a multiply-add, nothing else."""
    tally = Tally(graph, per_mac=2)
    skipped = fused(graph)
    for index, count in tally.open_products():
        if graph.ops[index].function not in TORCH_UNKNOWN and index not in skipped:
            tally.product(index, 2 * count, EQUAL)
    counts = (
        "2 flops a multiply-add of convolutions, linear layers and matrix products; attention and LSTM layers that the "
        "CPU runs fused are 0"
    )
    return tally.close("torch", counts, "flops", MISSED, NO_FORMULA)
