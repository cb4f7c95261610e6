"""thop's ``profile``: hooks on modules whose class is exactly one of torch's own.

Source: thop 0.1.1.post2209072238, ``profile.py`` (``profile``), ``vision/basic_hooks.py``, ``vision/calc_func.py``.
Functions, operators and classes derived from torch's are not seen. A module that stands in several places of the
network is hooked once for each of them, and its amount is then added once more for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnnprof.cost.arithmetic import macs
from cnnprof.cost.conventions.modules import (
    BATCH_NORMS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    REPLACED,
    TRANSPOSED,
    ops_of,
    own_weight,
    pass_over,
    product_of,
)
from cnnprof.cost.conventions.recurrent import LAYERS as RECURRENT
from cnnprof.cost.conventions.recurrent import by_formula, thop_formula
from cnnprof.cost.conventions.tally import TRANSPOSED as OVER_OUTPUTS
from cnnprof.cost.conventions.tally import Tally
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Call, Graph, Op

COUNTS = (
    "plain torch modules only, no functions: one a multiply-add (transposed convolution over its outputs), 4 an "
    "element for batch and layer norm (2 without affine), average pooling 1 an output element, adaptive pooling "
    "its window and 1 more; recurrent layers one a multiply-add and, for each gate, addition and product of a step, an "
    "element of the state; activations and max pooling 0"
)
SHARED = "layers in several places of the network, counted again for each, twice over"
Extra = tuple[str, int]


def thop(graph: Graph) -> Convention:
    """What ``thop.profile`` returns as the number of MACs, for the batch as given."""
    tally = Tally(graph)
    for call in graph.calls:
        if not call.native:
            continue
        # Hooked once a place, and what the hooks found is summed once a place.
        tally.extra(SHARED, _hooked(tally, graph, call) * (call.places**2 - 1))
    return tally.close("thop", COUNTS, "MACs")


def _hooked(tally: Tally, graph: Graph, call: Call) -> int:
    """The module's hook, once a call: what it adds is tallied, and returned."""
    if call.keyword and call.module in OF_INPUTS:
        pass_over(tally, call)
        return 0
    if call.module in RECURRENT:
        return by_formula(tally, graph, call, thop_formula)
    if call.module in PRODUCTS and (index := product_of(graph, call)) is not None:
        amount = PRODUCTS[call.module](call, graph.ops[index])
        tally.product(index, amount, OVER_OUTPUTS if call.module in TRANSPOSED else "multiply-adds")
        return amount
    rule = _replaced if call.module in PRODUCTS else EXTRAS.get(call.module, _nothing)
    reason, amount = rule(graph, call)
    tally.extra(reason, amount)
    return amount


def _nothing(_graph: Graph, _call: Call) -> Extra:
    return "", 0


def _conv(call: Call, op: Op) -> int:
    """``output elements * (input channels // groups) * kernel``, whichever way the convolution goes.

    The kernel is that of the weight the op was given: a hook may have made it from other parameters.
    """
    groups = op.attributes["groups"]
    assert isinstance(groups, int)
    return prod(call.output) * (call.input[1] // groups) * prod(op.weight[2:])


def _linear(_call: Call, op: Op) -> int:
    return macs(op)


def _replaced(_graph: Graph, call: Call) -> Extra:
    """What the formulas make of the weight alone, transposed convolutions taken for ones of a single group."""
    weight = own_weight(call)
    each = (weight[0], *weight[2:]) if call.module in TRANSPOSED and weight else weight[1:]
    return REPLACED, prod(call.output) * prod(each) if weight else 0


def _norm(_graph: Graph, call: Call) -> Extra:
    each = 4 if call.weights else 2
    return f"normalisation: {each} an element", each * prod(call.input)


def _average(_graph: Graph, call: Call) -> Extra:
    return "average pooling: 1 an output element", prod(call.output)


def _adaptive(_graph: Graph, call: Call) -> Extra:
    """``(window + 1) * output elements``; the window is a quotient, in floating point as there."""
    window = prod(size / count for size, count in zip(call.input[2:], call.output[2:], strict=True))
    return "adaptive average pooling: its window and 1 an output element", int(
        (window + 1) * prod(call.output)
    )


def _softmax(graph: Graph, call: Call) -> Extra:
    """An exponential and a division for each element, a sum for all but one of each slice."""
    dim = next((op.attributes.get("dim") for op in ops_of(graph, call) if op.kind == "softmax"), None)
    size = call.input[dim] if isinstance(dim, int) else 1
    return "softmax: 3 an element, less 1 a slice", prod(call.input) // size * (3 * size - 1)


def _prelu(_graph: Graph, call: Call) -> Extra:
    return "PReLU: 1 an element", prod(call.input)


def _upsample(graph: Graph, call: Call) -> Extra:
    """The modes it knows; others (``nearest-exact``, ``trilinear``) count nothing."""
    functions = [op.function for op in ops_of(graph, call)]
    each = next((n for name in functions for start, n in UPSAMPLED.items() if name.startswith(start)), 0)
    return f"upsampling: {each} an output element", each * prod(call.output)


ADAPTIVE = frozenset(f"AdaptiveAvgPool{dims}d" for dims in (1, 2, 3))
UPSAMPLINGS = frozenset({"Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"})
UPSAMPLED = {"upsample_nearest": 1, "upsample_linear": 5, "upsample_bilinear": 11, "upsample_bicubic": 259}
PRODUCTS: Mapping[str, Callable[[Call, Op], int]] = {
    **dict.fromkeys(CONVOLUTIONS | TRANSPOSED, _conv),
    "Linear": _linear,
}
EXTRAS: Mapping[str, Callable[[Graph, Call], Extra]] = {
    **dict.fromkeys(BATCH_NORMS | INSTANCE_NORMS | {"SyncBatchNorm", "LayerNorm"}, _norm),
    **dict.fromkeys((f"AvgPool{dims}d" for dims in (1, 2, 3)), _average),
    **dict.fromkeys(ADAPTIVE, _adaptive),
    "Softmax": _softmax,
    "PReLU": _prelu,
    **dict.fromkeys(UPSAMPLINGS, _upsample),
}
# Layers whose hooks look at the input: these fail where it is given by keyword.
OF_INPUTS = (
    CONVOLUTIONS | TRANSPOSED | BATCH_NORMS | INSTANCE_NORMS | ADAPTIVE | RECURRENT | UPSAMPLINGS
) | {"SyncBatchNorm", "LayerNorm", "Softmax", "PReLU", "LeakyReLU"}
