"""Operators of ONNX Runtime's own that no standard one says: what they write, and what they are.

Products that read an operand transposed or that write floats from integers, and the rounding that takes every dtype
whatever the version of the standard operators. Signatures are those of ONNX Runtime's ``docs/ContribOperators.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnprof.records.graph import Value
from cnnprof.trace.onnx.contributed import DOMAIN
from cnnprof.trace.onnx.inference import Inference, Known, Typed
from cnnprof.trace.onnx.kinds import KINDS, WEIGHTS
from cnnprof.trace.onnx.nodes import Attributes, Shape, attribute
from cnnprof.trace.onnx.operators import read_kind
from cnnprof.trace.onnx.places import in_place_of
from cnnprof.trace.onnx.types import Constant

# Their operands and their bias are what ``WEIGHTS`` lists.
PRODUCTS = frozenset({"QGemm", "FusedMatMul", "DynamicQuantizeMatMul", "MatMulIntegerToFloat"})
ROUNDINGS = frozenset({"QuantizeLinear", "DequantizeLinear"})
RESULT_SCALE = 7  # the place of what QGemm rounds its result with


def unread(node: Any) -> tuple[int, ...]:
    """The places of a product's scales and zero points: they only say how integers are to be read."""
    if node.domain != DOMAIN or node.op_type not in PRODUCTS:
        return ()
    return tuple(place for place in range(len(node.input)) if place not in WEIGHTS[node.op_type])


def types_of(node: Any, inputs: Mapping[str, Known], inference: Inference) -> dict[str, Typed] | None:
    """Shape and dtype of what a node writes; None for one that is not known here."""
    if node.domain == DOMAIN and node.op_type in PRODUCTS:
        return {node.output[0]: _product(node, inputs, inference)}
    if node.domain == DOMAIN and node.op_type in ROUNDINGS:
        return {node.output[0]: _rounding(node, inputs)}
    return None


def kind_of(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """The kind and the attributes of a node, as ``read_kind`` gives them."""
    if node.domain == DOMAIN and node.op_type in ROUNDINGS:
        return KINDS[node.op_type], {}
    if node.domain != DOMAIN or node.op_type not in PRODUCTS:
        return read_kind(node, inputs, shape)
    left, right, *bias = (inputs[place] if place < len(inputs) else None for place in WEIGHTS[node.op_type])
    if left is None or right is None:
        raise ValueError(f"{node.op_type} lacks an operand")
    inner, biased = _turned(node, left, "A")[-1], any(value is not None for value in bias)
    if isinstance(right, Constant) and len(right.shape) == 2:
        return "linear", {"weight": (shape[-1], inner), "bias": biased}
    return "matmul", {"inner": inner, "bias": biased}


def _product(node: Any, inputs: Mapping[str, Known], inference: Inference) -> Typed:
    left, right = (inputs[node.input[place]] for place in WEIGHTS[node.op_type][:2])
    plain = in_place_of(node, "MatMul", ["A", "B"], node.output)
    operands = {
        name: Value(0, _turned(node, value, name), "float32") for name, value in (("A", left), ("B", right))
    }
    shape, _ = inference.outputs(plain, operands)[node.output[0]]
    rounded = node.op_type == "QGemm" and any(node.input[RESULT_SCALE : RESULT_SCALE + 1])
    return shape, left.dtype if rounded or node.op_type == "FusedMatMul" else "float32"


def _turned(node: Any, value: Known, name: str) -> Shape:
    """The shape that operand ``A`` or ``B`` is read in; none is copied for it."""
    shape = value.shape
    if attribute(node, f"transBatch{name}", 0):  # the rows lie before the batch
        shape = (*shape[1:-1], shape[0], shape[-1])
    return (*shape[:-2], shape[-1], shape[-2]) if attribute(node, f"trans{name}", 0) else shape


def _rounding(node: Any, inputs: Mapping[str, Known]) -> Typed:
    """``value, scale, zero point``: the last may be left out."""
    value, scale, *zero = (inputs[name] for name in node.input if name)
    integers = zero[0].dtype if zero else "uint8"
    return value.shape, integers if node.op_type == "QuantizeLinear" else scale.dtype
