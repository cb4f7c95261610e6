"""DeepSpeed's ``get_model_profile``: every function of torch that it replaces, wherever the network calls it.

Source: DeepSpeed 0.19.8, ``profiling/flops_profiler/profiler.py``. ReLU6 calls ``F.hardtanh`` in torch and so counts
nothing; sigmoid, hard-swish, operators such as ``x * y`` and methods such as ``x.mean()`` are not replaced. Not
reproduced: ``einsum`` (a rounded estimate of numpy's, without MACs), recurrent layers and ``nn.MultiheadAttention``.
"""

from __future__ import annotations

from dataclasses import replace

from cnnprof.cost.arithmetic import macs
from cnnprof.cost.conventions.functions import (
    ADDED,
    BY_NAME,
    ELEMENTWISE,
    MATMULS,
    POOLINGS,
    UPSAMPLINGS,
    WITHIN,
    added_to,
    called,
    called_ops,
    called_within,
    matmul_amount,
    paired,
    resized,
)
from cnnprof.cost.conventions.norms import per_element
from cnnprof.cost.conventions.tally import ADDENDS, BIAS, BROADCASTING, Tally
from cnnprof.records.convention import Convention, ConventionFigure
from cnnprof.records.graph import Graph, Op

COUNTS = (
    "functions replaced by its own: 2 a multiply-add and 1 a bias of a convolution (none of a linear layer), "
    "batch norm 2 an element, by its batch and other norms 5 (1 less each without affine), 1 an element for ReLU, "
    "ELU, SiLU, GELU and softmax, 1 an input element for pooling; ReLU6, sigmoid, hard-swish and operators 0; "
    f"{BY_NAME}"
)
Extra = tuple[str, int]


def deepspeed(graph: Graph) -> Convention:
    """The FLOPs that ``get_model_profile`` returns, and its MACs as a second figure."""
    tally = Tally(graph, per_mac=2)
    products = 0
    for index, op in called_ops(graph):
        if op.call in LAYERS or op.call in PRODUCTS or op.call in ADDED:
            amount = matmul_amount(op) if op.call in PRODUCTS else 0
            amount = amount or macs(op)
            products += amount
            tally.product(index, 2 * amount, BROADCASTING)
        if op.call in CONVOLUTIONS and op.attributes.get("bias"):
            tally.extra(BIAS, op.outputs[0].elements)
        tally.extra(WITHIN, called_within(op))
        reason, units = _extra(op)
        if units:
            tally.extra(reason, units)
    found = tally.close("deepspeed", COUNTS, "FLOPs")
    return replace(found, figures=(*found.figures, ConventionFigure("MACs", products, f"{products:,}")))


def _extra(op: Op) -> Extra:
    """What one op adds besides multiply-adds and bias."""
    if op.call in ACTIVATIONS:
        return "activations (ReLU, SiLU, ..., not ReLU6): 1 an element", op.source.elements
    if op.call in NORMS:
        return _norm(op)
    if op.call in POOLINGS:
        return "pooling: 1 an input element", op.source.elements
    if op.call in UPSAMPLINGS:
        return "upsampling: by the size alone, or the scaled input", resized(op, whole=False)
    if op.call in ELEMENTWISE:
        return "torch.mul and torch.add (not * and +): 1 an element", paired(op)
    if op.call in ADDED:
        return ADDENDS, added_to(op)
    return "", 0


def _norm(op: Op) -> Extra:
    """A function of a norm may run views and copies beside the norm itself."""
    if not op.kind.endswith("_norm"):
        return "", 0
    each = per_element(op)
    return f"{called(op).replace('_', ' ')}: {each} an element", each * op.source.elements


CONVOLUTIONS = frozenset(f"F.conv{kind}{dims}d" for kind in ("", "_transpose") for dims in (1, 2, 3))
LAYERS = CONVOLUTIONS | {"F.linear", "F.scaled_dot_product_attention"}
PRODUCTS = MATMULS | {"operator.matmul"}
ACTIVATIONS = frozenset(
    f"F.{name}" for name in ("relu", "prelu", "elu", "leaky_relu", "relu6", "silu", "gelu", "softmax")
)
NORMS = frozenset(f"F.{kind}_norm" for kind in ("batch", "layer", "group", "instance"))
