"""What counters that hook modules see of a call: the formulas that several of them share."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.cost.arithmetic import WEIGHTED
from cnnprof.cost.conventions.tally import Tally
from cnnprof.records.graph import Call, Graph, Op

CONVOLUTIONS = frozenset(f"Conv{dims}d" for dims in (1, 2, 3))
TRANSPOSED = frozenset(f"ConvTranspose{dims}d" for dims in (1, 2, 3))
BATCH_NORMS = frozenset(f"BatchNorm{dims}d" for dims in (1, 2, 3))
INSTANCE_NORMS = frozenset(f"InstanceNorm{dims}d" for dims in (1, 2, 3))
POOLINGS = frozenset(
    f"{shape}{kind}Pool{dims}d" for shape in ("", "Adaptive") for kind in ("Max", "Avg") for dims in (1, 2, 3)
)
# A hook sees the module and not what it ran.
REPLACED = "layers whose code was replaced, counted all the same"
BY_KEYWORD = "layers called by keyword, which it fails at"
PRODUCTS = frozenset({"conv", "conv_transpose", "linear", "matmul", "attention"})


def ops_of(graph: Graph, call: Call) -> Sequence[Op]:
    """The ops that ran inside one call of a module."""
    return graph.ops[call.first : call.last]


def product_of(graph: Graph, call: Call) -> int | None:
    """The index of the convolution, linear layer or product that one call of a layer ran.

    Spectral norm multiplies vectors by the weight before the layer does its own work: they are not what is looked for.
    There is none where the module's ``forward`` was replaced by one that has no product.
    """
    found = [index for index in range(call.first, call.last) if graph.ops[index].kind in PRODUCTS]
    own = (index for index in found if graph.ops[index].kind in WEIGHTED)
    return next(own, found[-1] if found else None)


def own_weight(call: Call) -> tuple[int, ...]:
    """The shape of the layer's own weight; empty where it lies under a mask or is made by a hook."""
    weight = dict(call.weights).get("weight", ())
    return weight if len(weight) > 1 else ()


def pass_over(tally: Tally, call: Call) -> None:
    """Count nothing of a layer that a hook fails at: it looks for the input among what was given by position."""
    for index in range(call.first, call.last):
        tally.product(index, 0, BY_KEYWORD)
