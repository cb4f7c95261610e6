"""Shape rules for the functions that networks call most, by function; see ``layers`` for those with a signature.

What has no rule here is run by torch's own meta kernels (see ``aten``), which is slower and knows everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnprof.trace.activations import META
from cnnprof.trace.aten.kinds import KINDS, kind_between
from cnnprof.trace.rules.layers import batch_norm, concat, dropout, layer_norm, mean, prelu, softmax
from cnnprof.trace.rules.pooling import (
    adaptive_avg_pool2d,
    avg_pool2d,
    max_pool2d,
    max_pool2d_with_indices,
)
from cnnprof.trace.rules.products import attention, conv, linear, matmul
from cnnprof.trace.rules.questions import ANSWERS
from cnnprof.trace.rules.resize import interpolate
from cnnprof.trace.rules.shapes import ShapeError, broadcast, elementwise_strides, text
from cnnprof.trace.rules.views import GETTERS_OF_VIEWS, VIEWS, contiguous, item, view
from cnnprof.trace.tape import Tape

PECULIAR = (complex, torch.dtype)  # such arguments make a result of another dtype
# rule(tape, *arguments of the torch function); NotImplemented: leave it to the meta kernels
Rule = Callable[..., Any]


def elementwise(kind: str, name: str, asks: bool = False) -> Rule:
    """The rule of an op that treats each element alike; in place by its name (``relu_``), or, where the function
    ``asks`` for that, by an argument: ``F.relu(x, True)``, but not ``x * True``.
    """
    always = (name.endswith("_") and not name.endswith("__")) or name.startswith("__i")

    def rule(tape: Tape, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        tensors = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, Tensor)]
        dtypes = {tensor.dtype for tensor in tensors}
        if len(dtypes) != 1 or not tensors[0].is_floating_point():
            return NotImplemented
        if _peculiar(kwargs) or (len(tensors) < len(args) and any(isinstance(arg, PECULIAR) for arg in args)):
            return NotImplemented
        inplace = always or inplace or (asks and any(arg is True for arg in args))
        shapes = [tuple(tensor.shape) for tensor in tensors]
        shape = broadcast(shapes)
        if inplace and shape != shapes[0]:
            raise ShapeError(f"cannot write {text(shape)} into {text(shapes[0])}")
        out = tensors[0] if inplace else _result(tape, kind, tensors, shape)
        tape.emit(kind, name, tensors, (out,), inplace=inplace)
        return out

    return rule


def hard_tanh(name: str) -> Rule:
    """``hardtanh`` and ``hardtanh_``; ReLU6 by its bounds."""
    rules = {kind: elementwise(kind, name, asks=True) for kind in ("relu6", "hard_tanh")}

    def rule(
        tape: Tape, input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
    ) -> Any:
        return rules[kind_between(min_val, max_val)](tape, input, inplace=inplace)

    return rule


def extreme(kind: str) -> Rule:
    """``max`` and ``min`` of two tensors are elementwise; of one they reduce it, which is left to the meta kernels."""
    pairwise = elementwise(kind, kind)

    def rule(tape: Tape, *args: Any, **kwargs: Any) -> Any:
        pair = len(args) == 2 and isinstance(args[1], Tensor) and not kwargs
        return pairwise(tape, *args) if pair else NotImplemented

    return rule


def _result(tape: Tape, kind: str, tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Tensor:
    """A tensor for the result; of tensors that are not contiguous it keeps the order of dimensions in memory."""
    if kind == "softmax" or all(tensor.is_contiguous() for tensor in tensors):
        return tape.fresh(shape, tensors[0].dtype)
    strides = elementwise_strides(shape, [tape.on_meta(tensor).expand(shape).stride() for tensor in tensors])
    return torch.empty_strided(shape, strides, dtype=tensors[0].dtype, device=META)


def _peculiar(options: Mapping[str, object]) -> bool:
    """The result is to be of another dtype, or written into a given tensor."""
    if not options:
        return False
    complex_one = any(isinstance(value, complex) for value in options.values())
    return complex_one or "out" in options or options.get("dtype") is not None


_UNARY = {name: KINDS[name] for name in (
    "relu", "relu6", "hardswish", "hardsigmoid", "silu", "sigmoid", "tanh", "gelu", "mish", "leaky_relu",
    "elu", "softplus", "exp", "sqrt", "rsqrt", "neg", "abs", "clamp",
)} | {"selu": "elu", "log_softmax": "softmax", "square": "mul"}  # fmt: skip
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "true_divide": "div", "maximum": "maximum",
    "minimum": "minimum", "pow": "pow",
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__rsub__": "sub", "__mul__": "mul",
    "__rmul__": "mul", "__truediv__": "div", "__neg__": "neg", "__pow__": "pow",
    "__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div",
}  # fmt: skip


def _functions(name: str) -> list[Rule]:
    spaces: tuple[Any, ...] = (torch, F, Tensor)
    return [getattr(space, name) for space in spaces if callable(getattr(space, name, None))]


def _elementwise_rules() -> dict[Rule, Rule]:
    rules: dict[Rule, Rule] = {}
    for names in (_UNARY, _BINARY):
        for name, kind in names.items():
            for spelling in (name, f"{name}_"):
                for function in _functions(spelling):
                    rules[function] = elementwise(kind, spelling, asks=names is _UNARY)
    return rules


def _view_rules() -> dict[Rule, Rule]:
    functions = [function for name in VIEWS for function in _functions(name)]
    functions += [getattr(Tensor, name).__get__ for name in GETTERS_OF_VIEWS]
    return {function: partial(view, function) for function in functions}


_NAMED: dict[str, Rule] = {
    "conv1d": conv,
    "conv2d": conv,
    "conv3d": conv,
    "linear": linear,
    "matmul": matmul,
    "bmm": matmul,
    "__matmul__": matmul,
    "scaled_dot_product_attention": attention,
    "layer_norm": layer_norm,
    "max_pool2d": max_pool2d,
    "max_pool2d_with_indices": max_pool2d_with_indices,
    "prelu": prelu,
    "softmax": softmax,
    "interpolate": interpolate,
    "avg_pool2d": avg_pool2d,
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "mean": mean,
    "max": extreme("maximum"),
    "min": extreme("minimum"),
    "cat": concat,
    "concat": concat,
    "dropout": dropout,
    "dropout2d": dropout,
    "hardtanh": hard_tanh("hardtanh"),
    "hardtanh_": hard_tanh("hardtanh_"),
}

RULES: dict[Rule, Rule] = {
    **_elementwise_rules(),
    **_view_rules(),
    **{function: rule for name, rule in _NAMED.items() for function in _functions(name)},
    Tensor.contiguous: contiguous,
    Tensor.__getitem__: item,
    F.batch_norm: batch_norm,  # torch.batch_norm has another order of arguments
    **ANSWERS,
}
