"""Shape rules for the functions that networks call most; each has the signature of the torch function it stands for.

A rule computes the output's shape, records the op, and returns a tensor without data. What has no rule here
is run by torch's own meta kernels (see ``aten``), which is slower and knows everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnprof.trace.shapes import (
    Shape,
    ShapeError,
    broadcast,
    concat_shape,
    conv_shape,
    matmul_shape,
    padding_of,
    pool_shape,
    spread,
    text,
)
from cnnprof.trace.tape import Tape

Rule = Callable[
    ..., Any
]  # rule(tape, *arguments of the torch function); NotImplemented: leave it to the meta kernels


def conv(
    tape: Tape,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | str | Shape = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> Tensor:
    """``N x Cin x H x W``, ``Cout x Cin/groups x Kh x Kw``; one, two or three spatial dimensions."""
    shape = tuple(weight.shape)
    dims = len(shape) - 2
    dilation = spread(dilation, dims)
    stride = spread(stride, dims)
    padded = padding_of(padding, shape[2:], dilation)
    out = tape.fresh(conv_shape(tuple(input.shape), shape, stride, padded, dilation, groups), input.dtype)
    attributes = {
        "weight": shape,
        "bias": bias is not None,
        "stride": stride,
        "padding": padded,
        "dilation": dilation,
        "groups": groups,
    }
    tape.emit("conv", f"conv{dims}d", (input, weight, bias), (out,), attributes)
    return out


def linear(tape: Tape, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``... x in``, ``out x in``."""
    shape, sizes = tuple(input.shape), tuple(weight.shape)
    if shape[-1] != sizes[-1]:
        raise ShapeError(f"expects {sizes[-1]} input features, got {shape[-1]} ({text(shape)})")
    out = tape.fresh((*shape[:-1], *sizes[:-1]), input.dtype)
    tape.emit("linear", "linear", (input, weight, bias), (out,), {"weight": sizes, "bias": bias is not None})
    return out


def matmul(tape: Tape, input: Tensor, other: Tensor) -> Any:
    """``... x M x K`` by ``... x K x N``; vectors are left to the meta kernels."""
    a, b = tuple(input.shape), tuple(other.shape)
    if len(a) < 2 or len(b) < 2:
        return NotImplemented
    out = tape.fresh(matmul_shape(a, b), input.dtype)
    tape.emit("matmul", "matmul", (input, other), (out,), {"inner": a[-1]})
    return out


def attention(
    tape: Tape,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``... x L x E`` attends to ``... x S x E``, giving ``... x L x V``: one op, as the fused kernels run it."""
    q, k, v = tuple(query.shape), tuple(key.shape), tuple(value.shape)
    if q[-1] != k[-1] or k[-2] != v[-2]:
        raise ShapeError(f"cannot attend from {text(q)} to {text(k)} and {text(v)}")
    out = tape.fresh((*q[:-1], v[-1]), query.dtype)
    reads = (query, key, value, attn_mask)
    tape.emit("attention", "scaled_dot_product_attention", reads, (out,), {"query": q, "key": k, "value": v})
    return out


def batch_norm(
    tape: Tape,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """A scale and a shift for each channel."""
    shape = tuple(input.shape)
    statistics = running_mean if running_mean is not None else weight
    if statistics is not None and statistics.shape[0] != shape[1]:
        raise ShapeError(f"expects {statistics.shape[0]} channels, got {shape[1]} ({text(shape)})")
    out = tape.fresh(shape, input.dtype)
    reads = (input, weight, bias, running_mean, running_var)
    tape.emit("batch_norm", "batch_norm", reads, (out,), {"affine": weight is not None, "training": training})
    return out


def layer_norm(
    tape: Tape,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalisation over the last dimensions."""
    shape, last = tuple(input.shape), tuple(normalized_shape)
    if shape[-len(last) :] != last:
        raise ShapeError(f"expects the last dimensions to be {text(last)}, got {text(shape)}")
    out = tape.fresh(shape, input.dtype)
    tape.emit("layer_norm", "layer_norm", (input, weight, bias), (out,), {"affine": weight is not None})
    return out


def max_pool2d(
    tape: Tape,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window."""
    if return_indices:
        return NotImplemented
    return _window(tape, "max_pool", input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool2d(
    tape: Tape,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window."""
    return _window(tape, "avg_pool", input, kernel_size, stride, padding, 1, ceil_mode)


def _window(
    tape: Tape,
    kind: str,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None,
    padding: int | Shape,
    dilation: int | Shape,
    ceil_mode: bool,
) -> Tensor:
    kernel = spread(kernel_size, 2)
    steps = spread(stride, 2) if stride else kernel  # torch also takes an empty list
    pad, dilated = spread(padding, 2), spread(dilation, 2)
    out = tape.fresh(pool_shape(tuple(input.shape), kernel, steps, pad, dilated, ceil_mode), input.dtype)
    attributes = {"kernel": kernel, "stride": steps, "padding": pad, "dilation": dilated}
    tape.emit(kind, f"{kind}2d", (input,), (out,), attributes)
    return out


def adaptive_avg_pool2d(tape: Tape, input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of ``output_size`` nearly equal windows."""
    shape = tuple(input.shape)
    wanted = (output_size,) * 2 if output_size is None or isinstance(output_size, int) else output_size
    sizes = [own if size is None else size for size, own in zip(wanted, shape[-2:], strict=True)]
    out = tape.fresh((*shape[:-2], *sizes), input.dtype)
    tape.emit("adaptive_avg_pool", "adaptive_avg_pool2d", (input,), (out,))
    return out


def mean(
    tape: Tape, input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False, **other: object
) -> Any:
    """The mean over some dimensions."""
    if other or dim is None:
        return NotImplemented
    shape = tuple(input.shape)
    gone = {d % len(shape) for d in ((dim,) if isinstance(dim, int) else dim)}
    kept = [(1 if i in gone else size) for i, size in enumerate(shape) if keepdim or i not in gone]
    out = tape.fresh(tuple(kept), input.dtype)
    tape.emit("reduce", "mean", (input,), (out,))
    return out


def concat(tape: Tape, tensors: Sequence[Tensor], dim: int = 0, **other: object) -> Any:
    """All tensors joined along one dimension: every element is copied."""
    if other or not all(isinstance(tensor, Tensor) for tensor in tensors):
        return NotImplemented
    out = tape.fresh(concat_shape([tuple(tensor.shape) for tensor in tensors], dim), tensors[0].dtype)
    tape.emit("concat", "cat", tensors, (out,))
    return out


def dropout(tape: Tape, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Nothing in eval mode."""
    if training:
        return NotImplemented
    tape.emit("identity", "dropout", (input,), (input,))
    return input


def view(tape: Tape, function: Rule, *args: Any, **kwargs: Any) -> Any:
    """Another look at the same memory, or a copy where strides do not allow one: torch itself decides on meta."""
    source = args[0]
    if not isinstance(source, Tensor):
        return NotImplemented
    args = tuple(tape.on_meta(arg) if isinstance(arg, Tensor) else arg for arg in args)
    result = function(*args, **kwargs)
    if result is args[0]:
        return source
    outputs = (result,) if isinstance(result, Tensor) else tuple(result)
    shared = args[0].untyped_storage()._cdata
    copied = any(out.untyped_storage()._cdata != shared for out in outputs)
    for out in outputs:
        if copied:
            tape.add(out)
        else:
            tape.view_of(out, args[0])
    tape.emit("copy" if copied else "view", function.__name__, (source,), outputs)
    return result


def elementwise(kind: str, name: str) -> Rule:
    """The rule of an op that treats each element alike; in place by its name (``relu_``) or by an argument."""
    always = (name.endswith("_") and not name.endswith("__")) or (
        name.startswith("__i") and name != "__invert__"
    )

    def rule(tape: Tape, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        tensors = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, Tensor)]
        dtype = tensors[0].dtype if tensors else None
        if dtype is None or not dtype.is_floating_point or any(t.dtype != dtype for t in tensors):
            return NotImplemented
        inplace = always or inplace or any(arg is True for arg in args)
        shape = broadcast([tuple(tensor.shape) for tensor in tensors])
        if inplace and shape != tuple(tensors[0].shape):
            raise ShapeError(f"cannot write {text(shape)} into {text(tuple(tensors[0].shape))}")
        out = tensors[0] if inplace else tape.fresh(shape, dtype)
        tape.emit(kind, name, tensors, (out,), inplace=inplace)
        return out

    return rule


_UNARY = {
    "relu": "relu", "relu6": "relu6", "hardtanh": "hard_tanh", "hardswish": "hard_swish",
    "hardsigmoid": "hard_sigmoid", "silu": "silu", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu",
    "mish": "mish", "leaky_relu": "leaky_relu", "elu": "elu", "selu": "elu", "softplus": "softplus",
    "prelu": "leaky_relu", "exp": "exp", "sqrt": "sqrt", "rsqrt": "sqrt", "neg": "neg", "abs": "abs",
    "clamp": "clamp", "softmax": "softmax", "log_softmax": "softmax", "square": "mul",
}  # fmt: skip
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "true_divide": "div", "maximum": "maximum",
    "minimum": "minimum", "pow": "pow",
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__rsub__": "sub", "__mul__": "mul",
    "__rmul__": "mul", "__truediv__": "div", "__rtruediv__": "div", "__neg__": "neg", "__pow__": "pow",
    "__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div",
}  # fmt: skip
_VIEWS = (
    "view", "reshape", "flatten", "permute", "transpose", "squeeze", "unsqueeze", "chunk", "split",
    "narrow", "unbind", "expand", "expand_as", "detach", "contiguous", "t", "unflatten", "view_as",
    "reshape_as", "swapaxes", "movedim", "tensor_split", "split_with_sizes", "select", "swapdims",
)  # fmt: skip
_GETTERS_OF_VIEWS = ("T", "mT", "data", "real")


def _functions(name: str) -> list[Rule]:
    spaces: tuple[Any, ...] = (torch, F, Tensor)
    return [getattr(space, name) for space in spaces if callable(getattr(space, name, None))]


def _elementwise_rules() -> dict[Rule, Rule]:
    rules: dict[Rule, Rule] = {}
    for names in (_UNARY, _BINARY):
        for name, kind in names.items():
            for spelling in (name, f"{name}_"):
                for function in _functions(spelling):
                    rules[function] = elementwise(kind, spelling)
    return rules


def _view_rules() -> dict[Rule, Rule]:
    functions = [function for name in _VIEWS for function in _functions(name)]
    functions += [getattr(Tensor, name).__get__ for name in _GETTERS_OF_VIEWS]

    def bound(function: Rule) -> Rule:
        return lambda tape, *args, **kwargs: view(tape, function, *args, **kwargs)

    return {function: bound(function) for function in functions}


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
    "avg_pool2d": avg_pool2d,
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "mean": mean,
    "cat": concat,
    "concat": concat,
    "dropout": dropout,
    "dropout2d": dropout,
}

RULES: dict[Rule, Rule] = {
    **_elementwise_rules(),
    **_view_rules(),
    **{function: rule for name, rule in _NAMED.items() for function in _functions(name)},
    F.batch_norm: batch_norm,  # torch.batch_norm has another order of arguments
}

_ASKED = (
    "size", "dim", "numel", "nelement", "stride", "is_contiguous", "storage_offset", "is_floating_point",
    "is_complex", "element_size", "__len__", "data_ptr", "get_device", "ndimension", "__hash__",
    "requires_grad_",
)  # fmt: skip
_READ = (
    "shape", "dtype", "device", "ndim", "is_cuda", "is_meta", "requires_grad", "layout", "is_quantized",
    "is_sparse", "is_mkldnn", "grad_fn", "is_nested", "is_leaf", "itemsize", "nbytes", "is_cpu", "is_mps",
)  # fmt: skip

# Questions about a tensor, answered by the tensor itself: no op. Which of them exist depends on torch's version.
QUESTIONS = frozenset(
    [getattr(Tensor, name) for name in _ASKED if hasattr(Tensor, name)]
    + [getattr(Tensor, name).__get__ for name in _READ if hasattr(Tensor, name)]
    + [torch.is_tensor, torch.is_floating_point, torch.is_complex, torch.numel]
)
