"""torchinfo's ``total_mult_adds``: a formula of parameters and output shape for each leaf module.

Source: torchinfo 1.8.0, ``layer_info.py`` (``calculate_macs``), ``model_statistics.py``. A layer counts as often as it
is called; anything without parameters of its own (functions, activations, pooling) counts nothing.
"""

from __future__ import annotations

from math import prod

from cnnprof.cost.conventions.modules import ops_of, product_of
from cnnprof.cost.conventions.tally import TRANSPOSED, Tally
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Call, Graph

COUNTS = (
    "leaf modules only: for convolutions weights and bias times output positions (transposed ones too), for every "
    "other module its weights and bias times the batch: batch norm 2 a channel, a linear layer on tokens once an image"
)
TOKENS = "linear layers on tokens counted once an image"
OTHERS = "bias: 1 for each image"
CONV_BIAS = "bias: 1 for each output position"


def torchinfo(graph: Graph) -> Convention:
    """``torchinfo.summary(model, input_size=...).total_mult_adds``."""
    tally = Tally(graph)
    for call in graph.calls:
        if call.leaf and call.weights and call.output:
            _count(tally, graph, call)
    return tally.close("torchinfo", COUNTS, "mult-adds")


def _count(tally: Tally, graph: Graph, call: Call) -> None:
    index = product_of(graph, call)
    for name, shape in call.weights:
        amount = prod(shape) * _times(call, name)
        if name == "weight" and index is not None:
            tally.product(index, amount, _fault(graph, index))
        elif name == "bias" and index is not None:
            tally.extra(CONV_BIAS if "Conv" in call.module else OTHERS, amount)
        else:
            tally.extra(_reason(graph, call), amount)


def _times(call: Call, name: str) -> int:
    """How often each scalar of a parameter counts; ``weight_ih`` and its like are what recurrent layers have."""
    if name in ("weight", "bias"):
        sizes = (*call.output[:1], *call.output[2:]) if "Conv" in call.module else call.output[:1]
        return prod(sizes)
    return prod(call.output[:2]) if "weight" in name or "bias" in name else 0


def _fault(graph: Graph, index: int) -> str:
    return TRANSPOSED if graph.ops[index].kind == "conv_transpose" else TOKENS


def _reason(graph: Graph, call: Call) -> str:
    norm = any(op.kind.endswith("_norm") for op in ops_of(graph, call))
    return (
        "normalisation: its parameters once an image"
        if norm
        else f"{call.module}: its parameters once an image"
    )
