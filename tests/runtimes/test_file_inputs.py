"""What ONNX files are fed: the same on every runtime, and said where it is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

from cnnprof.errors import ModelError
from cnnprof.runtimes.onnx.inputs import file_inputs
from cnnprof.runtimes.ready import make_file_ready
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

SHAPE = (1, 3, 8, 8)


def test_real_numbers_are_those_of_every_runtime() -> None:
    settings = Settings((SHAPE, SHAPE), seed=3)
    (single, half), told = file_inputs(settings, [("a", "float32"), ("b", "float16")])
    expected = random_inputs(settings)
    assert numpy.array_equal(single, expected[0].numpy())
    assert numpy.array_equal(half, expected[1].half().numpy())
    assert told == ()


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [("uint8", 0, 255), ("int8", -128, 127), ("int64", 0, 1), ("uint16", 0, 1), ("bool", 0, 1)],
)
def test_integers_are_made_up_and_that_is_said(kind: str, lowest: int, highest: int) -> None:
    settings = Settings(((1, 3, 64, 64),), seed=3)
    (array,), told = file_inputs(settings, [("ids", kind)])
    assert (array.dtype, array.shape) == (numpy.dtype(kind), (1, 3, 64, 64))
    assert (int(array.min()), int(array.max())) == (lowest, highest)
    assert told == (f"random integers are made up for its inputs: ids ({kind}) from {lowest} to {highest}",)
    assert numpy.array_equal(array, file_inputs(settings, [("ids", kind)])[0][0])


def test_what_is_no_number_is_refused_with_a_way_on() -> None:
    with pytest.raises(ModelError, match="its input words is a string") as refused:
        file_inputs(Settings((SHAPE,)), [("words", "string")])
    assert refused.value.hint == "--no-latency counts it without running it"


@pytest.mark.runtimes
@pytest.mark.parametrize(("kind", "highest"), [("UINT8", 255), ("INT64", 1), ("BOOL", 1)])
def test_both_runtimes_are_fed_the_same(tmp_path: Path, kind: str, highest: int) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("openvino")
    helper: Any = onnx.helper
    given = helper.make_tensor_value_info("x", getattr(onnx.TensorProto, kind), SHAPE)
    given_back = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, SHAPE)
    cast = helper.make_node("Cast", ["x"], ["y"], to=onnx.TensorProto.FLOAT)
    graph = helper.make_graph([cast], "net", [given], [given_back])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        tmp_path / "net.onnx",
    )
    settings = Settings((SHAPE,), seed=1)
    found = [
        make_file_ready(runtime, tmp_path / "net.onnx", settings) for runtime in ("onnxruntime", "openvino")
    ]
    first, second = (ready.outputs()[0] for ready in found)
    assert first.equal(second)
    assert highest / 2 < first.max() <= highest
    assert all("made up" in ready.preparation.warnings[0] for ready in found)
