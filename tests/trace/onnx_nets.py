"""Small ONNX files, made by hand; import only where the onnx package is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.trace.onnx import open_onnx

Size = int | str | None


def weight(name: str, *shape: int) -> Any:
    return numpy_helper.from_array(np.ones(shape, dtype=np.float32), name)


def integers(name: str, *shape: int, dtype: Any = np.int8) -> Any:
    return numpy_helper.from_array(np.ones(shape, dtype=dtype), name)


def own(kind: str, reads: Sequence[str], *writes: str, **attributes: Any) -> Any:
    """A node of ONNX Runtime's own operators."""
    return helper.make_node(kind, reads, writes, domain="com.microsoft", **attributes)


def numbers(name: str, *values: int) -> Any:
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def external(name: str, shape: Sequence[int], **entries: str) -> Any:
    """A float tensor whose data is said to lie in another file."""
    tensor = TensorProto(name=name, dims=shape, data_type=1, data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def model(
    nodes: Sequence[Any],
    stored: Sequence[Any] = (),
    inputs: Mapping[str, Sequence[Size]] | None = None,
    outputs: Sequence[str] | None = None,
    opset: int = 18,
    **graph: Any,
) -> Any:
    """A network of some nodes; its input is ``x``, N x 3 x 8 x 8, its output what the last node writes."""
    shapes = {"x": ("N", 3, 8, 8)} if inputs is None else inputs
    names = [nodes[-1].output[0]] if outputs is None else outputs
    body = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
        list(stored),
        **graph,
    )
    return helper.make_model(
        body, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("custom", 1)], ir_version=9
    )


def save(made: Any, folder: Path) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def graph_of(made: Any, folder: Path, *shapes: tuple[int, ...]) -> Graph:
    return open_onnx(save(made, folder)).graph(shapes or ((1, 3, 8, 8),), "float32")


def counts_of(made: Any, folder: Path, *shapes: tuple[int, ...]) -> Counts:
    return count_graph(graph_of(made, folder, *shapes))
