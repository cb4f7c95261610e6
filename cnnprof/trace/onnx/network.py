"""An ONNX file as a network: which inputs it takes, and its graph at the sizes asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnprof.errors import ModelError
from cnnprof.records.graph import Graph
from cnnprof.trace.onnx.functions import without_functions
from cnnprof.trace.onnx.inference import Inference
from cnnprof.trace.onnx.reading import read_onnx, undamaged
from cnnprof.trace.onnx.types import DTYPES, FLOATS
from cnnprof.trace.onnx.walk import Walk

REQUESTED = ("float32", "bfloat16", "float16")  # dtypes that can be asked for
FOLDED = (
    "the file has no batch norm: where its exporter folded it into the convolutions, their biases are counted "
    "in place of the module's batch-norm weights"
)


@dataclass(frozen=True, slots=True)
class OnnxNetwork:
    """``inputs`` are the declared shapes, batch first; None stands for a size that the file leaves open."""

    model: Any
    inputs: tuple[tuple[int | None, ...], ...]

    def graph(self, shapes: Sequence[tuple[int, ...]], dtype: str) -> Graph:
        """Every op of one forward pass at these input shapes (batch included), found by shape inference.

        Raises ModelError, naming the node or the value, where a shape stays unknown or the network cannot take it.
        """
        declared, found = self.model.graph, _inputs(self.model)
        _check_dtype(found, dtype)
        sizes = _named_sizes(found, shapes)
        types = {info.name: info.type for info in (*declared.value_info, *declared.output)}
        walk = Walk(Inference(self.model.opset_import, types, sizes))
        values = [walk.add_input(i.name, s, _dtype(i)) for i, s in zip(found, shapes, strict=True)]
        with undamaged():
            walk.run(declared)
        return walk.graph(values, [output.name for output in declared.output], _notes(walk))


def open_onnx(path: Path) -> OnnxNetwork:
    """The network in an ONNX file; its weights are not needed and not read where they lie in files of their own.

    Raises MissingRuntimeError, FileError or ModelError, with the next step as the hint.
    """
    model = read_onnx(path)
    with undamaged():
        model = without_functions(model)
        if not _inputs(model):
            raise ModelError("it has no input that is not a weight", "export it with an image as its input")
        return OnnxNetwork(model, tuple(_declared(info) for info in _inputs(model)))


def _inputs(model: Any) -> list[Any]:
    """Inputs of the network; old files list their weights among them."""
    stored = {tensor.name for tensor in model.graph.initializer}
    return [info for info in model.graph.input if info.name not in stored]


def _declared(info: Any) -> tuple[int | None, ...]:
    tensor = info.type.tensor_type
    if not info.type.HasField("tensor_type") or not tensor.HasField("shape") or not tensor.shape.dim:
        raise ModelError(
            f"its input {info.name!r} has no shape that has a batch", "export it with image inputs"
        )
    return tuple(size.dim_value if size.dim_value > 0 else None for size in tensor.shape.dim)


def _dtype(info: Any) -> str:
    return DTYPES.get(info.type.tensor_type.elem_type, "float32")


def _check_dtype(inputs: Sequence[Any], dtype: str) -> None:
    """A file computes in the dtype that it was exported in."""
    for info in inputs:
        own = _dtype(info)
        if own in FLOATS and own != dtype:
            other = f"--dtype {own}, or " if own in REQUESTED else ""
            raise ModelError(f"its input {info.name!r} is {own}, not {dtype}", f"{other}export it in {dtype}")


def _named_sizes(inputs: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """Sizes that the file names (``batch``, ``height``) by what was asked for."""
    sizes: dict[str, int] = {}
    for info, shape in zip(inputs, shapes, strict=True):
        for size, wanted in zip(info.type.tensor_type.shape.dim, shape, strict=True):
            if size.dim_param and sizes.setdefault(size.dim_param, wanted) != wanted:
                raise ModelError(
                    f"its size {size.dim_param!r} cannot be {sizes[size.dim_param]} and {wanted} at once",
                    "give inputs whose sizes agree",
                )
    return sizes


def _notes(walk: Walk) -> list[str]:
    kinds = {op.kind for op in walk.ops}
    biased = any(op.kind == "conv" and op.attributes.get("bias") for op in walk.ops)
    return [FOLDED] if biased and "batch_norm" not in kinds else []
