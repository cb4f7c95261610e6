"""ONNX operators in cnnprof's words: the kind of each and the attributes that its costs need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnnprof.errors import ModelError
from cnnprof.trace.onnx.einsum import inner_size
from cnnprof.trace.onnx.inference import SMALLER, Known, text, title
from cnnprof.trace.onnx.kinds import KINDS
from cnnprof.trace.onnx.nodes import Attributes, Shape, attribute, is_given, shape_of
from cnnprof.trace.onnx.recurrent import recurrent
from cnnprof.trace.onnx.types import FLOATS, Constant

COMMUTATIVE = ("Add", "Mul", "Max", "Min")  # the number may stand first


def read_kind(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """The kind and the attributes of a node, given its inputs (None where one is left out) and its output's shape."""
    if node.domain not in ("", "ai.onnx"):
        return f"{node.domain}.{node.op_type}", {}
    reader = READERS.get(node.op_type)
    if reader is None:
        return KINDS.get(node.op_type, node.op_type), _number(node, inputs)
    return reader(node, inputs, shape)


def _conv(
    node: Any, inputs: Sequence[Known | None], shape: Shape, weight: int = 1, bias: int = 2
) -> tuple[str, Attributes]:
    """``N x Cin x H x W`` by ``Cout x Cin/groups x Kh x Kw``, transposed ``Cin x Cout/groups x Kh x Kw``."""
    sizes, groups = shape_of(inputs, weight), attribute(node, "group", 1)
    transposed = node.op_type == "ConvTranspose"
    channels = sizes[0] if transposed else sizes[1] * groups
    taken = shape_of(inputs, 0)
    if taken[1] != channels or groups < 1:
        raise ModelError(
            f"{title(node)} expects {channels} input channels, got {taken[1]} ({text(taken)})", SMALLER
        )
    dims = len(sizes) - 2
    stride, dilation = _steps(node, "strides", dims), _steps(node, "dilations", dims)
    begins, ends = _padding(node, taken[2:], shape[2:], sizes[2:], stride, dilation)
    return "conv_transpose" if transposed else "conv", {
        "weight": sizes,
        "bias": is_given(inputs, bias),
        "stride": stride,
        "padding": tuple(begin + end for begin, end in zip(begins, ends, strict=True)),
        "dilation": dilation,
        "groups": groups,
    }


def _steps(node: Any, name: str, dims: int) -> Shape:
    return tuple(attribute(node, name) or (1,) * dims)


def _padding(
    node: Any, taken: Shape, given: Shape, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[Shape, Shape]:
    """Padding before and after each spatial dimension; ``SAME_*`` pads what the outputs reach beyond the input."""
    dims = len(kernel)
    automatic = attribute(node, "auto_pad", "NOTSET")
    if not automatic.startswith("SAME"):
        pads = tuple(attribute(node, "pads") or (0,) * (2 * dims))
        return pads[:dims], pads[dims:]
    columns = zip(taken, given, kernel, stride, dilation, strict=True)
    totals = [max((out - 1) * s + d * (k - 1) + 1 - size, 0) for size, out, k, s, d in columns]
    less, more = tuple(t // 2 for t in totals), tuple(t - t // 2 for t in totals)
    return (less, more) if automatic == "SAME_UPPER" else (more, less)


def _pool(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    kernel = tuple(attribute(node, "kernel_shape"))
    stride, dilation = _steps(node, "strides", len(kernel)), _steps(node, "dilations", len(kernel))
    begins, _ = _padding(node, shape_of(inputs, 0)[2:], shape[2:], kernel, stride, dilation)
    kind = "max_pool" if node.op_type == "MaxPool" else "avg_pool"
    return kind, {"kernel": kernel, "stride": stride, "padding": begins, "dilation": dilation}


def _global_pool(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    if len(shape) != 4:
        return "reduce", {}
    return ("adaptive_max_pool" if node.op_type == "GlobalMaxPool" else "adaptive_avg_pool"), {}


def _gemm(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """``M x K`` by ``K x N``, each transposed or not: a linear layer where the second is a weight."""
    bias, inner = is_given(inputs, 2), shape_of(inputs, 0)[0 if attribute(node, "transA", 0) else 1]
    if isinstance(inputs[1], Constant):
        return "linear", {"weight": (shape[-1], inner), "bias": bias}
    return "matmul", {"inner": inner, "bias": bias}


def _matmul(
    node: Any, inputs: Sequence[Known | None], shape: Shape, right: int = 1
) -> tuple[str, Attributes]:
    """``... x M x K`` by ``... x K x N``: a linear layer where the second is a weight of two dimensions."""
    sizes = shape_of(inputs, right)
    if isinstance(inputs[right], Constant) and len(sizes) == 2:
        return "linear", {"weight": sizes[::-1], "bias": False}
    return "matmul", {"inner": shape_of(inputs, 0)[-1]}


def _einsum(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """Two operands: each output element takes as many products as the summed dimensions have positions."""
    shapes = [shape_of(inputs, index) for index in range(len(inputs))]
    inner = inner_size(attribute(node, "equation", ""), shapes)
    return (node.op_type, {}) if inner is None else ("matmul", {"inner": inner})


def _batch_norm(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    kept = any(node.output[3:])  # before version 14, what it keeps of its input says that it trains
    return "batch_norm", {"affine": True, "training": kept or bool(attribute(node, "training_mode", 0))}


def _layer_norm(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    return "layer_norm", {"affine": is_given(inputs, 1)}


def _local_response(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    return "local_response_norm", {"size": attribute(node, "size")}


def _clip(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    bounds = [attribute(node, "min"), attribute(node, "max")]
    for i, value in enumerate(inputs[1:3]):
        number = _single(value)
        bounds[i] = bounds[i] if number is None else number
    kind = "relu6" if bounds == [0, 6] else "relu" if bounds == [0, None] else "clamp"
    return kind, {"bounds": tuple(bounds)}


def _single(value: Known | None) -> float | None:
    """The value of one known number; some exporters write it as a list of one."""
    if not isinstance(value, Constant) or value.dtype not in FLOATS or value.data is None:
        return None
    return float(value.data.reshape(-1)[0]) if value.data.size == 1 else None


def _number(node: Any, inputs: Sequence[Known | None]) -> Attributes:
    """What an op does to a tensor with a number: that is no weight, and yet says which activation a chain of ops is."""
    operands = inputs if node.op_type in COMMUTATIVE else inputs[1:]
    found = [number for value in operands if (number := _single(value)) is not None]
    return {"number": found[0]} if len(inputs) == 2 and len(found) == 1 else {}


def _several(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """``Sum``, ``Max`` and ``Min`` take as many tensors as they are given."""
    return KINDS[node.op_type], {"terms": len(inputs), **_number(node, inputs)}


def _hard_sigmoid(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    return "hard_sigmoid", {"alpha": attribute(node, "alpha", 0.2), "beta": attribute(node, "beta", 0.5)}


def _shrink(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """Hard where nothing is taken off what passes."""
    return "soft_shrink" if attribute(node, "bias", 0.0) else "relu", {}


def _resize(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """ONNX names a mode alike whatever the dimensions: ``N x C x H x W`` is resized bilinearly."""
    mode = attribute(node, "mode", "nearest")
    names = {"linear": {3: "linear", 5: "trilinear"}.get(len(shape), "bilinear"), "cubic": "bicubic"}
    return f"upsample_{names.get(mode, mode)}", {}


def _attention(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """``N x heads x L x E``, or ``N x L x heads E`` with the heads as attributes."""
    heads = (attribute(node, "q_num_heads"), *(attribute(node, "kv_num_heads"),) * 2)
    shapes = [shape_of(inputs, i) for i in range(3)]
    split = [
        (s[0], n, s[1], s[2] // n) if len(s) == 3 and n else s for s, n in zip(shapes, heads, strict=True)
    ]
    return "attention", dict(zip(("query", "key", "value"), split, strict=True))


READERS: Mapping[str, Callable[[Any, Sequence[Known | None], Shape], tuple[str, Attributes]]] = {
    "Conv": _conv, "ConvTranspose": _conv, "ConvInteger": lambda n, i, s: _conv(n, i, s, 1, 99),
    "QLinearConv": lambda n, i, s: _conv(n, i, s, 3, 8), "DeformConv": lambda n, i, s: _conv(n, i, s, 1, 3),
    "Gemm": _gemm, "MatMul": _matmul, "MatMulInteger": _matmul, "QLinearMatMul": lambda n, i, s: _matmul(n, i, s, 3),
    "Einsum": _einsum, "Attention": _attention,
    "LSTM": recurrent, "GRU": recurrent, "RNN": recurrent,
    "MaxPool": _pool, "AveragePool": _pool, "GlobalAveragePool": _global_pool, "GlobalMaxPool": _global_pool,
    "BatchNormalization": _batch_norm, "LayerNormalization": _layer_norm, "RMSNormalization": _layer_norm,
    "SimplifiedLayerNormalization": _layer_norm, "MeanVarianceNormalization": _layer_norm,
    "LRN": _local_response, "Sum": _several, "Max": _several, "Min": _several,
    "Clip": _clip, "HardSigmoid": _hard_sigmoid, "Shrink": _shrink, "Resize": _resize, "Upsample": _resize,
}  # fmt: skip
