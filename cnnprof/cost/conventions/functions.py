"""What counters that replace torch's functions see: an op counts where the network's code called it by such a name."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from cnnprof.cost.arithmetic import FREE
from cnnprof.records.graph import Graph, Op, Parameter, Value

Shape = tuple[int, ...]

# Asked for the places of the largest as well, ``F.max_pool2d`` and its like call functions of longer names.
POOLINGS = frozenset(
    f"F.{shape}{kind}"
    for shape in ("", "adaptive_")
    for dims in (1, 2, 3)
    for kind in (f"avg_pool{dims}d", f"max_pool{dims}d", f"max_pool{dims}d_with_indices")
)
UPSAMPLINGS = frozenset({"F.interpolate", "F.upsample"})
LP_POOLINGS = frozenset(f"lp_pool{dims}d" for dims in (1, 2, 3))
# Products, or what is made of them, that are one operator each to a jit trace: no counter of operators has a formula.
OPAQUE = frozenset({"mv", "dot", "vdot", "addbmm", "tensordot", "inner", "cov", "corrcoef"}) | frozenset(
    {"linalg_multi_dot", "chain_matmul", "linalg_matrix_power", "matrix_power"}
)
WITHIN = "functions within other functions of torch: 1 an input element"
# ``x * y`` and ``x + y`` are not among them: operators go past the attributes that are replaced.
ELEMENTWISE = frozenset({"torch.mul", "Tensor.mul", "torch.add", "Tensor.add"})
MATMULS = frozenset(f"{space}.{name}" for space in ("torch", "Tensor") for name in ("matmul", "mm", "bmm"))
ADDED = frozenset({"torch.addmm", "Tensor.addmm", "torch.baddbmm"})
# Whoever holds the function itself goes past its replacement, and a pass does not see where the name was looked up.
BY_NAME = "functions imported by name before the count are counted here and not there"


def called_ops(graph: Graph) -> Iterator[tuple[int, Op]]:
    """The ops that compute and have a name they were called by; views inside of a function are no ops to a counter."""
    for index, op in enumerate(graph.ops):
        if op.call and op.kind not in FREE:
            yield index, op


def called(op: Op) -> str:
    """The name a function was called by, wherever torch has it: ``mv`` for ``torch.mv`` and ``Tensor.mv``."""
    return op.call.rpartition(".")[2]


def operands(op: Op) -> list[Shape]:
    """Shapes of the tensors that an elementwise op was given, weights among them."""
    return [value.shape for value in op.inputs] + [weight.given for weight in op.parameters]


def paired(op: Op) -> int:
    """The larger of each pair of sizes, paired from the first dimension on, where broadcasting pairs from the last."""
    shapes = operands(op)
    longest = max(len(shape) for shape in shapes)
    filled = [shape + (1,) * (longest - len(shape)) for shape in shapes]
    return prod(max(sizes) for sizes in zip(*filled, strict=True))


def matmul_amount(op: Op) -> int:
    """``elements of the first * last size of the second``: broadcasting of the first is not seen; 0 for other ops.

    Nor is it seen where torch has expanded a weight beforehand: it counts as large as it is.
    """
    factors = _factors(op) if op.kind == "matmul" else []
    if len(factors) < 2:
        return 0
    first, second = factors
    return min(first.elements, prod(_shape(first))) * _shape(second)[-1]


def _shape(factor: Value | Parameter) -> Shape:
    return factor.given if isinstance(factor, Parameter) else factor.shape


def _factors(op: Op) -> list[Value | Parameter]:
    """The operands of a matrix product in their order, which is lost where one is a weight, recorded apart.

    A matrix on the right would have made a linear layer; of vectors and stacks of matrices the shapes tell.
    """
    inputs, parameters = list(op.inputs), list(op.parameters)
    if op.attributes.get("bias"):  # what is added to comes last
        (parameters if _adds_weight(op) else inputs).pop()
    if len(inputs) != 1 or len(parameters) != 1:
        return [*inputs, *parameters]
    activation, weight = inputs[0], parameters[0]
    given, held, out = activation.shape, weight.given, op.outputs[0].shape
    leads = len(held) > 1 and (*held[-2:-1], *given[-1:]) == out[-2:]
    follows = (*given[-2:-1], *held[-1:]) == out[-2:]
    return [weight, activation] if leads and (len(held) == 2 or not follows) else [activation, weight]


def called_within(op: Op) -> int:
    """What is counted of a function of torch that calls others by the names that are replaced: 1 an element."""
    name = called(op)
    if name == "local_response_norm":  # Tensor.mul, F.avg_pool2d or 3d, Tensor.mul, Tensor.add
        counted = op.kind in ("mul", "avg_pool", "add")
    elif name in LP_POOLINGS:  # F.avg_pool or F.max_pool, F.relu, an operator, Tensor.mul by a number
        counted = op.kind in ("avg_pool", "max_pool", "relu") or (op.kind == "mul" and len(op.inputs) == 1)
    else:  # F.interpolate(mode="area")
        counted = op.call in UPSAMPLINGS and op.kind == "adaptive_avg_pool"
    return op.source.elements if counted else 0


def added_to(op: Op) -> int:
    """Elements of the matrix that ``addmm`` adds a product to, before broadcasting: its first argument."""
    return (op.parameters[-1] if _adds_weight(op) else op.inputs[-1]).elements


def _adds_weight(op: Op) -> bool:
    """Whether what a product is added to is a weight: these are recorded apart from activations, the addend last.

    Of three operands a product has two, and one of a ``linear`` op's is a weight.
    """
    return len(op.inputs) < (2 if op.kind == "linear" else 3)


def resized(op: Op, whole: bool) -> int:
    """Elements of ``F.interpolate`` as counters work them out from how the size was given.

    By factors: input elements times the factors. By size: the elements of the output (``whole``), or else the product
    of the size alone, without images and channels, and one number taken as it is. Who takes outputs as a ``whole``
    also cuts each of a tuple of factors to an integer. ``F.upsample`` calls ``F.interpolate``, and each is replaced.
    """
    size, factor = op.attributes.get("size"), op.attributes.get("scale_factor")
    times = 2 if op.call == "F.upsample" else 1
    if factor is not None:
        return times * int(op.source.elements * _scale(factor, len(op.source.shape) - 2, whole))
    if whole:
        return times * op.outputs[0].elements
    return times * (prod(size) if isinstance(size, (tuple, list)) else size if isinstance(size, int) else 0)


def _scale(factor: Any, dims: int, cut: bool) -> float:
    """The product of the factors, one number being that of every dimension."""
    if isinstance(factor, (tuple, list)):
        return prod(int(each) if cut else each for each in factor)
    return prod([float(factor)] * dims)
