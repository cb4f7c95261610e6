"""Output shapes of one node by ONNX's own shape inference, from shapes that are all known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnprof.errors import ModelError, first_line
from cnnprof.records.graph import Value
from cnnprof.trace.onnx.types import DTYPES, NUMBERS, Constant

Known = Value | Constant
# What ONNX infers no shape for in some version or other: the first output has the shape of the first input.
SHAPED_ALIKE = frozenset(
    {
        "Gelu",
        "GroupNormalization", "MeanVarianceNormalization", "LayerNormalization", "RMSNormalization", "GroupNorm",
        "SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
    }
)  # fmt: skip
# What ONNX defines on floating point alone, and ONNX Runtime computes on 8 bits as well (see ``contributed``).
ON_FLOATS = frozenset(
    {
        "Add", "Mul", "Where", "Concat", "Gemm", "AveragePool", "GlobalAveragePool", "Sigmoid", "LeakyRelu", "Softmax",
    }
)  # fmt: skip
EIGHT_BITS = ("int8", "uint8")
Typed = tuple[tuple[int, ...] | None, str]  # None: the shape is not known


class Inference:
    """Shape inference for the nodes of one model; ``sizes`` are those of its named dimensions (batch, height ...)."""

    def __init__(self, opsets: Sequence[Any], declared: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.opsets = list(opsets)
        self._versions = {entry.domain or "ai.onnx": entry.version for entry in opsets}
        self.version = self._versions.get("ai.onnx", 1)
        self._declared = declared
        self._sizes = sizes

    def outputs(self, node: Any, inputs: Mapping[str, Known]) -> dict[str, Typed]:
        """Shape and dtype of each named output; ModelError where the node cannot take such inputs."""
        types = self._typed(node, inputs)
        for name, (shape, _) in types.items():
            if shape is None:  # what the file says of a value is the second best source
                types[name] = self._second_best(node, name, inputs)
            elif min(shape, default=1) < 0 or (min(shape, default=1) < 1 and _has_window(node)):
                raise ModelError(
                    f"{title(node)} does not fit its input: its output would be {text(shape)}", SMALLER
                )
        return types

    def _typed(self, node: Any, inputs: Mapping[str, Known]) -> dict[str, Typed]:
        small = next((value.dtype for value in inputs.values() if value.dtype in EIGHT_BITS), "")
        if not small or node.op_type not in ON_FLOATS:
            found = self._infer(node, inputs)
            return {name: _read(found.get(name), {}) for name in node.output if name}
        found = self._infer(node, {name: _on_floats(value) for name, value in inputs.items()})
        return {name: (_read(found.get(name), {})[0], small) for name in node.output if name}

    def infers(self, node: Any) -> bool:
        """Whether ONNX's inference knows such nodes at all."""
        schema = self._schema(node)
        return schema is not None and bool(schema.has_type_and_shape_inference_function)

    def _second_best(self, node: Any, name: str, inputs: Mapping[str, Known]) -> Typed:
        told = _read(self._declared.get(name), self._sizes)
        like = inputs.get(_alike(node, name))
        return told if told[0] is not None or like is None else (like.shape, like.dtype)

    def _schema(self, node: Any) -> Any:
        from onnx import defs

        domain = "" if node.domain == "ai.onnx" else node.domain
        try:
            schema = defs.get_schema(node.op_type, self._versions.get(domain or "ai.onnx", 1), domain)
            return None if schema.deprecated else schema  # inference refuses those: GroupNormalization 18
        except defs.SchemaError:  # a custom operator, or one from a later version
            return None

    def _infer(self, node: Any, inputs: Mapping[str, Known]) -> dict[str, Any]:
        from onnx import numpy_helper, shape_inference

        schema = self._schema(node)
        if schema is None:
            return {}
        types = {name: _type(value) for name, value in inputs.items()}
        data = {
            name: numpy_helper.from_array(value.data)
            for name, value in inputs.items()
            if isinstance(value, Constant) and value.data is not None
        }
        try:
            found: dict[str, Any] = shape_inference.infer_node_outputs(
                schema, node, types, data, opset_imports=self.opsets
            )
        except Exception as error:  # onnx's checker and its inference raise classes of their own
            raise ModelError(
                f"{title(node)} cannot take {_shapes(inputs)}: {_reason(error)}", SMALLER
            ) from error
        return found


SMALLER = "choose another --input, or export the network again for this one"


def title(node: Any) -> str:
    """A node as errors name it."""
    kind = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return f"node {node.name!r} ({kind})" if node.name else f"the {kind} that writes {node.output[0]!r}"


def text(shape: Sequence[int]) -> str:
    """A shape as it is typed: ``1x3x224x224``."""
    return "x".join(str(size) for size in shape) or "a scalar"


def _alike(node: Any, name: str) -> str:
    """The input that has the shape of an output for which ONNX infers none."""
    if name == node.output[0]:
        return str(node.input[0]) if node.op_type in SHAPED_ALIKE else ""
    # Of a batch norm, the statistics that it keeps are as many as its scales.
    return str(node.input[1]) if node.op_type == "BatchNormalization" else ""


def _on_floats(value: Known) -> Known:
    return value if value.dtype == "bool" else Value(0, value.shape, "float32")


def _shapes(inputs: Mapping[str, Known]) -> str:
    return " and ".join(text(value.shape) for value in inputs.values()) or "no input"


def _reason(error: Exception) -> str:
    return first_line(error).replace("[ShapeInferenceError] ", "").replace("[TypeInferenceError] ", "")


def _has_window(node: Any) -> bool:
    return node.op_type in (
        "Conv",
        "ConvTranspose",
        "MaxPool",
        "AveragePool",
        "LpPool",
        "QLinearConv",
        "ConvInteger",
    )


def _type(value: Known) -> Any:
    from onnx import helper

    return helper.make_tensor_type_proto(NUMBERS.get(value.dtype, 1), value.shape)


def _read(type_: Any, sizes: Mapping[str, int]) -> Typed:
    """The shape and dtype in a ``TypeProto``; a shape is None where a size is missing or the value is no tensor."""
    if type_ is None or not type_.HasField("tensor_type"):
        return None, "float32"
    tensor = type_.tensor_type
    dtype = DTYPES.get(tensor.elem_type, "float32")
    if not tensor.HasField("shape"):
        return None, dtype
    shape = [
        size.dim_value if size.HasField("dim_value") else sizes.get(size.dim_param)
        for size in tensor.shape.dim
    ]
    known = tuple(size for size in shape if size is not None)
    return (known if len(known) == len(shape) else None), dtype
