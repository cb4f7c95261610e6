"""torchprofile's ``profile_macs``: one formula for each operator of a jit trace.

Source: torchprofile 0.1.0, ``handlers.py``. It reads shapes and no attributes, and so takes a transposed convolution
for a convolution. Not reproduced: products of sizes that forward code computes (``h * w``) are operators of a jit trace
as well, and count 1 each; ``einsum`` of three operands; ``grid_sampler``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnnprof.cost.arithmetic import macs
from cnnprof.cost.conventions.functions import OPAQUE, called
from cnnprof.cost.conventions.norms import is_affine
from cnnprof.cost.conventions.tally import MISSED, NO_FORMULA, TRANSPOSED, Tally
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Graph, Op

COUNTS = (
    "operators of a jit trace: one a multiply-add (transposed convolution over its outputs and without its groups), 1 "
    "an output element for affine norms, average pooling, means, products and leaky ReLU, 4 for bilinear upsampling; "
    "every other activation, additions, GRU and RNN layers (not cells) and convolutions padded by name 0; it also "
    "counts 1 for each product of sizes in forward code, left out here"
)
# Matrix products that it has no handler for.
UNKNOWN = OPAQUE | {"mm", "gru", "rnn_tanh", "rnn_relu"}
# Operators that it has none for, whatever they are made of.
DROPOUTS = frozenset(
    {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}
)
WHOLE = OPAQUE | DROPOUTS | {"rms_norm", "cosine_similarity"}
CELLS = frozenset({"lstm_cell", "gru_cell"})
MULTIPLICATIONS = frozenset({"mul", "mul_", "multiply", "multiply_", "__mul__", "__rmul__", "__imul__"})
Extra = tuple[str, int]


def torchprofile(graph: Graph) -> Convention:
    """``torchprofile.profile_macs(model, input)``."""
    tally = Tally(graph)
    for index, _ in tally.open_products():
        op = graph.ops[index]
        if op.kind == "conv_transpose":
            tally.product(index, _transposed(op), TRANSPOSED)
        # Padding by name ("same", "valid") is an operator of its own to torch.jit, as it is to fvcore.
        elif called(op) not in UNKNOWN and not op.attributes.get("padding_by_name"):
            tally.product(index, macs(op), "multiply-adds")
    for op in graph.ops:
        rule = EXTRAS.get(op.kind)
        if rule is not None and called(op) not in WHOLE:
            tally.extra(*rule(op))
    return tally.close("torchprofile", COUNTS, "MACs", MISSED, NO_FORMULA)


def _transposed(op: Op) -> int:
    """The weight is ``Cin x Cout/g x Kh x Kw``; where Cout equals Cin it is taken for ``Cout x Cin/g x Kh x Kw``."""
    weight = op.weight
    outputs = op.outputs[0]
    channels = weight[1] if outputs.shape[1] == weight[0] else weight[0]
    return outputs.elements * int(channels) * prod(weight[2:])


def _average(op: Op) -> Extra:
    return "average pooling: 1 an output element", op.outputs[0].elements


def _norm(op: Op) -> Extra:
    return "normalisation: 1 an element", op.outputs[0].elements if is_affine(op) else 0


def _mean(op: Op) -> Extra:
    return "means: 1 an output element", op.outputs[0].elements if op.function == "mean" else 0


def _multiplied(op: Op) -> Extra:
    """A recurrent cell, as functions written in Python, comes apart into what it is made of."""
    within = op.call.startswith("F.") or called(op) in CELLS
    known = called(op) in MULTIPLICATIONS or (op.function in MULTIPLICATIONS and within)
    return "products, element by element: 1 each", op.outputs[0].elements if known else 0


def _bilinear(op: Op) -> Extra:
    """Antialiased it is an operator that has no handler."""
    known = op.function != "_upsample_bilinear2d_aa"
    return "upsampling, bilinear: 4 an output element", 4 * op.outputs[0].elements if known else 0


def _leaky(op: Op) -> Extra:
    """Not in place (``leaky_relu_`` has no handler), and not PReLU."""
    known = op.function == "leaky_relu" and not op.inplace
    return "leaky ReLU: 1 an element", op.outputs[0].elements if known else 0


EXTRAS: Mapping[str, Callable[[Op], Extra]] = {
    **dict.fromkeys(("batch_norm", "layer_norm", "group_norm"), _norm),
    **dict.fromkeys(("avg_pool", "adaptive_avg_pool"), _average),
    "upsample_bilinear": _bilinear,
    "reduce": _mean,
    "mul": _multiplied,
    "leaky_relu": _leaky,
}
