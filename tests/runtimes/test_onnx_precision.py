"""What ONNX files are computed in, with files of a few nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnprof.runtimes.onnx.precision import another_precision, precisions_of

onnx = pytest.importorskip("onnx")
node: Any = onnx.helper.make_node
HALF: int = onnx.TensorProto.FLOAT16


def written(folder: Path, nodes: Sequence[Any], **weights: object) -> Path:
    """A file of these nodes, whose input is x."""
    stored = [onnx.numpy_helper.from_array(np.asarray(values), name) for name, values in weights.items()]
    given = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, (1, 4))
    graph = onnx.helper.make_graph(nodes, "net", [given], [], stored)
    path = folder / "net.onnx"
    onnx.save(onnx.helper.make_model(graph), path)
    return path


SINGLE = np.ones((4, 4), np.float32)
EIGHT = {
    "q": np.ones((4, 4), np.int8),
    "s": np.float32(1),
    "z": np.uint8(0),
    "sw": np.float32(1),
    "zw": np.int8(0),
}
WEIGHTS_OF_EIGHT = node("DequantizeLinear", ["q", "sw", "zw"], ["w"])


def test_plain_files_and_those_with_nothing_to_say_of(tmp_path: Path) -> None:
    light = node("Relu", ["x"], ["y"])
    product = node("MatMul", ["y", "y"], ["z"])  # of activations
    assert precisions_of(written(tmp_path, [light, product])) == Counter()
    path = written(tmp_path, [node("MatMul", ["x", "w"], ["y"])], w=SINGLE)
    assert precisions_of(path) == {"float32": 1}


def test_float16_behind_an_input_of_float32(tmp_path: Path) -> None:
    into = node("Cast", ["x"], ["h"], to=HALF)
    first = node("MatMul", ["h", "w"], ["y"])
    turned = node("Transpose", ["v"], ["t"])
    narrowed = node("Cast", ["t"], ["n"], to=HALF)
    second = node("MatMul", ["y", "n"], ["z"])
    path = written(tmp_path, [into, first, turned, narrowed, second], w=SINGLE.astype(np.float16), v=SINGLE)
    assert precisions_of(path) == {"float16": 2}


def test_int8_by_pairs_of_conversions(tmp_path: Path) -> None:
    there = node("QuantizeLinear", ["x", "s", "z"], ["i"])
    back = node("DequantizeLinear", ["i", "s", "z"], ["f"])
    turned = node("Transpose", ["w"], ["t"])
    product = node("MatMul", ["f", "t"], ["y"])
    last = node("MatMul", ["y", "v"], ["out"])
    path = written(tmp_path, [there, back, WEIGHTS_OF_EIGHT, turned, product, last], v=SINGLE, **EIGHT)
    assert precisions_of(path) == {"int8": 1, "float32": 1}


def test_weights_alone_in_int8_are_computed_with_in_float(tmp_path: Path) -> None:
    path = written(tmp_path, [WEIGHTS_OF_EIGHT, node("MatMul", ["x", "w"], ["y"])], **EIGHT)
    assert precisions_of(path) == {"float32": 1}


def test_int8_by_ops_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, [node("MatMulInteger", ["x", "q"], ["y"])], **EIGHT)
    assert precisions_of(path) == {"int8": 1}


def test_what_there_is_to_say() -> None:
    assert another_precision(Counter(float32=2), "float32") == another_precision(Counter(), "float32") == ""
    assert (
        another_precision(Counter(int8=3, float32=1), "float32")
        == "3 of 4 layers are in another precision than float32: 3 int8, 1 float32"
    )
