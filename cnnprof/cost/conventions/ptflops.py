"""ptflops, both back ends: hooks and replaced functions (``pytorch``), or the ops below them (``aten``).

Source: ptflops 0.7.5, ``pytorch_engine.py``, ``pytorch_ops.py``, ``aten_ops.py``. It runs a batch of one; the batch
given here counts as that many. The ``pytorch`` back end counts an activation or pooling layer twice where the module is
hooked and the function that it calls is replaced. ``nn.MultiheadAttention`` is left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod

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
    called_ops,
    called_within,
    matmul_amount,
    paired,
    resized,
)
from cnnprof.cost.conventions.fused import fused
from cnnprof.cost.conventions.modules import (
    BATCH_NORMS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    REPLACED,
    TRANSPOSED,
    own_weight,
    pass_over,
    product_of,
)
from cnnprof.cost.conventions.modules import POOLINGS as POOL_MODULES
from cnnprof.cost.conventions.recurrent import LAYERS as RECURRENT
from cnnprof.cost.conventions.recurrent import by_formula, ptflops_formula
from cnnprof.cost.conventions.tally import ADDENDS, BIAS, BROADCASTING, MISSED, NO_FORMULA, Tally
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Call, Graph, Op

COUNTS = (
    "plain torch modules and, again, the functions they call: one a multiply-add and a bias, 2 an element for affine "
    "norms (1 for others), 1 an element for activations and 1 an input element for pooling, both twice where a module "
    "calls the function; recurrent layers one a weight, bias and operation of the state in each step; "
    f"{BY_NAME}"
)
ATEN_COUNTS = (
    "convolutions and matrix products below the functions: one a multiply-add and a bias; attention and LSTM layers "
    "that the CPU runs fused are 0"
)
SHARED = "layers in several places of the network, counted once for each"
Extra = tuple[str, int]


def ptflops(graph: Graph) -> Convention:
    """``get_model_complexity_info(..., backend="pytorch")``: the number of MACs, the batch's images added up."""
    tally = Tally(graph)
    for call in graph.calls:
        if call.native:
            _hooked(tally, graph, call)
    inside = set(_inside(graph))
    for index, op in called_ops(graph):
        _replaced(tally, index, op, index in inside)
    return tally.close("ptflops", COUNTS, "MACs")


def _hooked(tally: Tally, graph: Graph, call: Call) -> None:
    """The module's hook, once a call; its amount is summed once for each place the module stands in."""
    amount = 0
    if call.keyword and call.module in OF_INPUTS:
        pass_over(tally, call)
    elif call.module in LAYERS:
        amount = _layer(tally, graph, call)
    elif call.module in RECURRENT:
        amount = by_formula(tally, graph, call, ptflops_formula)
    elif call.module in HOOKS:
        reason, amount = HOOKS[call.module](call)
        tally.extra(reason, amount)
    tally.extra(SHARED, amount * (call.places - 1))


def _layer(tally: Tally, graph: Graph, call: Call) -> int:
    """Multiply-adds and bias, whether or not the module ran what its class does."""
    index = product_of(graph, call)
    if index is None:
        amount = _replaced_layer(call)
        tally.extra(REPLACED, amount)
    else:
        amount = macs(graph.ops[index])
        tally.product(index, amount, "multiply-adds")
    bias = prod(call.output) if "bias" in dict(call.weights) else 0
    tally.extra(BIAS, bias)
    return amount + bias


def _replaced_layer(call: Call) -> int:
    """What the formulas make of the sizes and the weight alone."""
    if call.module == "Linear":
        return prod(call.input) * prod(call.output[-1:])
    positions = call.input if call.module in TRANSPOSED else call.output
    weight = own_weight(call)
    return prod(positions[:1]) * prod(positions[2:]) * prod(weight) if weight else 0


def _inside(graph: Graph) -> Iterator[int]:
    """The ops that run inside a hooked module: what is replaced there has been counted before."""
    for call in graph.calls:
        if call.native and call.module in HOOKS:
            yield from range(call.first, call.last)


def _replaced(tally: Tally, index: int, op: Op, hooked: bool) -> None:
    """A function of torch that ptflops puts its own in place of."""
    again = "counted again in the function the module calls" if hooked else "called as functions"
    tally.extra(WITHIN, called_within(op))
    if op.call in ACTIVATIONS:
        tally.extra(f"activations {again}: 1 an element", op.source.elements)
    elif op.call in POOLINGS:
        tally.extra(f"pooling {again}: 1 an input element", op.source.elements)
    elif op.call in UPSAMPLINGS:
        tally.extra(f"upsampling {again}: 1 an output element", resized(op, whole=True))
    elif op.call in ELEMENTWISE:
        tally.extra("torch.mul and torch.add (not * and +): 1 an element", paired(op))
    elif op.call in MATMULS:
        tally.product(index, matmul_amount(op) or macs(op), BROADCASTING)
    elif op.call in ADDED:
        tally.product(index, macs(op), "multiply-adds")
        tally.extra(ADDENDS, added_to(op))


def _norm(call: Call) -> Extra:
    """2 where the class has an ``affine`` that is true; a layer norm calls its own otherwise."""
    each = 2 if call.weights and call.module != "LayerNorm" else 1
    return f"normalisation: {each} an element", each * prod(call.input)


def _activation(call: Call) -> Extra:
    return "activations: 1 an element", prod(call.output)


def _pool(call: Call) -> Extra:
    return "pooling: 1 an input element", prod(call.input)


def _upsample(call: Call) -> Extra:
    return "upsampling: 1 an output element", prod(call.output)


LAYERS = CONVOLUTIONS | TRANSPOSED | {"Linear"}
NORMS = BATCH_NORMS | INSTANCE_NORMS | {"GroupNorm", "LayerNorm"}
# Hooks that look at the input fail where it is given by keyword; those of activations look at the output.
OF_INPUTS = LAYERS | NORMS | POOL_MODULES | RECURRENT
HOOKS: Mapping[str, Callable[[Call], Extra]] = {
    **dict.fromkeys(("ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU"), _activation),
    **dict.fromkeys(POOL_MODULES, _pool),
    **dict.fromkeys(NORMS, _norm),
    "Upsample": _upsample,
}
ACTIVATIONS = frozenset(f"F.{name}" for name in ("relu", "prelu", "elu", "relu6", "gelu", "softmax", "silu"))
# Below the functions these are ops of their own, and not among those it knows.
UNKNOWN = frozenset({"mv", "dot", "vdot", "addmv", "baddbmm", "addbmm"})


def ptflops_aten(graph: Graph) -> Convention:
    """``get_model_complexity_info(..., backend="aten")``: the number of MACs, the batch's images added up."""
    tally = Tally(graph)
    skipped = fused(graph)
    for index, count in tally.open_products():
        op = graph.ops[index]
        if op.function in UNKNOWN or index in skipped:
            continue
        tally.product(index, count, "multiply-adds")
        if op.attributes.get("bias"):
            tally.extra(BIAS, op.outputs[0].elements)
    return tally.close("ptflops-aten", ATEN_COUNTS, "MACs", MISSED, NO_FORMULA)
