"""Arithmetic on shapes: nodes whose inputs are all known are computed here, as every runtime does at loading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnprof.trace.onnx.nodes import graphs_in
from cnnprof.trace.onnx.types import NUMBERS, Constant

# Only what decides shapes; weights are larger and stay unread.
MOST_ELEMENTS = 4096
RANDOM = (
    "RandomNormal",
    "RandomUniform",
    "RandomNormalLike",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
)
FOLDED = frozenset(
    {
        "Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "CastLike", "Ceil", "Clip", "Concat", "ConstantOfShape",
        "CumSum", "Div", "Equal", "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Greater",
        "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not",
        "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape",
        "Round", "ScatterElements", "ScatterND", "Sign", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile",
        "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
    }
)  # fmt: skip


def folds(node: Any) -> bool:
    """Whether a node of constants is one itself: chance is none, and a body also reads what its node does not list."""
    return node.op_type not in RANDOM and next(graphs_in(node), None) is None


def stored(tensor: Any) -> Any:
    """A ``TensorProto``'s value as a numpy array, or None where it is large, external or text."""
    from onnx import numpy_helper

    elements = 1
    for size in tensor.dims:
        elements *= size
    if elements > MOST_ELEMENTS or tensor.data_location or tensor.data_type == tensor.STRING:
        return None
    try:
        return numpy_helper.to_array(tensor)
    except Exception:  # a tensor without its data: then its value is not known
        return None


def literal(node: Any) -> Any:
    """The value of a ``Constant`` node as a ``TensorProto``."""
    import numpy as np
    from onnx import helper, numpy_helper

    for attribute in node.attribute:
        if attribute.name == "value":
            return attribute.t
        if attribute.name == "sparse_value":
            return attribute.sparse_tensor.values
        if attribute.name in ("value_float", "value_floats"):
            return numpy_helper.from_array(np.array(helper.get_attribute_value(attribute), dtype=np.float32))
        if attribute.name in ("value_int", "value_ints"):
            return numpy_helper.from_array(np.array(helper.get_attribute_value(attribute), dtype=np.int64))
    return numpy_helper.from_array(np.array(0, dtype=np.int64))


def dtype_alone(dtype: str) -> Constant:
    """What stands for a tensor that is asked for its dtype only, as ``CastLike`` asks: nothing of it is read."""
    import numpy as np
    from onnx import helper

    like = np.zeros((), dtype=helper.tensor_dtype_to_np_dtype(NUMBERS.get(dtype, 1)))
    return Constant((), dtype, data=like, literal=True)


def compute(node: Any, opsets: Sequence[Any], inputs: Sequence[Any]) -> list[Any] | None:
    """The outputs of a node of known inputs (None where one is left out); None where it cannot be computed."""
    if node.op_type not in FOLDED or node.domain not in ("", "ai.onnx"):
        return None
    from onnx import ModelProto, helper
    from onnx.reference import ReferenceEvaluator

    feeds = dict(zip(node.input, inputs, strict=True))
    feeds.pop("", None)
    infos = [helper.make_tensor_value_info(name, 0, None) for name in feeds]
    results = [helper.make_tensor_value_info(name, 0, None) for name in node.output if name]
    model = ModelProto(
        ir_version=8, opset_import=opsets, graph=helper.make_graph([node], "shapes", infos, results)
    )
    try:
        found: list[Any] = ReferenceEvaluator(model).run(None, feeds)
    except Exception:  # whatever numpy raises at values that make no sense: then they stay unknown
        return None
    return found
