"""What can be done about a file with a value of unknown shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, load, numpy_helper

from cnnprof.errors import ModelError
from cnnprof.trace.onnx import open_onnx
from tests.trace.onnx_nets import counts_of, model, numbers, save, weight

node = helper.make_node
STORED = [weight("s"), numpy_helper.from_array(np.zeros((), dtype=np.uint8), "z")]


@pytest.mark.parametrize(
    "made",
    [
        node("ReorderInput", ["x"], ["o"], domain="com.microsoft.nchwc"),
        node("Conv", ["x", "s"], ["o"], domain="com.microsoft.nchwc"),
        node("QLinearAveragePool", ["q", "s", "z", "s", "z"], ["o"], domain="com.microsoft", channels_last=1),
    ],
)
def test_a_file_saved_for_one_processor(made: Any, tmp_path: Path) -> None:
    rounded = node("QuantizeLinear", ["x", "s", "z"], ["q"])
    with pytest.raises(ModelError, match=r"'o'.*infers none.*com\.microsoft") as caught:
        counts_of(model([rounded, made], STORED), tmp_path)
    assert "count the file it was made from" in caught.value.hint
    assert "ORT_ENABLE_EXTENDED" in caught.value.hint


@pytest.mark.parametrize(
    ("nodes", "name"),
    [
        ([node("NonZero", ["x"], ["w"])], "NonZero"),
        ([node("NonMaxSuppression", ["boxes", "scores", "most"], ["w"])], "NonMaxSuppression"),
    ],
)
def test_what_picks_by_values_belongs_behind_the_network(nodes: list[Any], name: str, tmp_path: Path) -> None:
    inputs = {"x": (1, 3, 8, 8), "boxes": (1, 9, 4), "scores": (1, 2, 9)}
    with pytest.raises(ModelError, match=rf"'w' is not known before .*{name}") as caught:
        counts_of(model(nodes, [numbers("most", 3)], inputs=inputs), tmp_path, *inputs.values())
    assert "without its post-processing" in caught.value.hint


@pytest.mark.runtimes
def test_as_a_session_lays_it_out(tmp_path: Path) -> None:
    """Blocks of channels are for processors that have wide registers."""
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    stored = [weight("w", 32, 3, 3, 3), weight("v", 32, 32, 1, 1)]
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("Conv", ["r", "v"], ["o"])]
    made = model(nodes, stored, inputs={"x": (1, 3, 8, 8)}, opset=17)
    for size in (1, 32, 6, 6):
        made.graph.output[0].type.tensor_type.shape.dim.add(dim_value=size)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 4
    ort.InferenceSession(str(save(made, tmp_path)), options, providers=["CPUExecutionProvider"])
    if not any(each.domain == "com.microsoft.nchwc" for each in load(tmp_path / "optimised.onnx").graph.node):
        pytest.skip("this processor gets no layout of its own")
    with pytest.raises(ModelError) as caught:
        open_onnx(tmp_path / "optimised.onnx").graph(((1, 3, 8, 8),), "float32")
    assert "count the file it was made from" in caught.value.hint
