"""Fused memory access against the nodes that ONNX Runtime leaves of a network once it has fused them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

import cnnprof
from cnnprof.runtimes.onnx.export import export_onnx
from cnnprof.runtimes.registry import Settings
from cnnprof.zoo.catalogue import find_entry

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.runtimes

VIEWS = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Split", "Slice", "Shape", "Identity")


def with_shifts(model: nn.Module) -> nn.Module:
    """New batch norms shift nothing, and folded ones would leave no bias behind."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias)
    return model.eval()


def session(model: Any, level: Any, **options: str) -> Any:
    settings = ort.SessionOptions()
    settings.graph_optimization_level, settings.log_severity_level = level, 3
    for name, value in options.items():
        setattr(settings, name, value)
    return ort.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def fused_by_runtime(model: nn.Module, shape: tuple[int, ...], folder: Path) -> Any:
    """The network as ONNX, after the runtime's own fusions."""
    exported, fused = export_onnx(model, Settings(((1, *shape),))).path, folder / "fused.onnx"
    level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    session(str(exported), level, optimized_model_filepath=str(fused))
    return onnx.load(str(fused))


def bytes_of_tensors(model: Any, shape: tuple[int, ...]) -> dict[str, int]:
    """Of every tensor in the file: weights as they are, the others once it has run. Sizes and axes weigh nothing."""
    (given,) = [each.name for each in model.graph.input]
    known = {each.name for each in model.graph.output}
    for node in model.graph.node:
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in node.output if name not in known)
    runs = session(model.SerializeToString(), ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
    names = [each.name for each in runs.get_outputs()]
    values = dict(zip(names, runs.run(names, {given: np.zeros((1, *shape), np.float32)}), strict=True))
    values |= {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    values[given] = np.zeros((1, *shape), np.float32)
    return {name: 0 if value.dtype == np.int64 else value.nbytes for name, value in values.items()}


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v1", "shufflenet_v2", "googlenet"])
def test_the_runtime_s_nodes_move_the_fused_bytes(name: str, tmp_path: Path) -> None:
    """None of these has a residual addition, which ONNX Runtime leaves a node of its own on this level."""
    model, shape = with_shifts(cnnprof.load_model(name)), tuple(find_entry(name).input)
    fused = fused_by_runtime(model, shape, tmp_path)
    nbytes = bytes_of_tensors(fused, shape)
    nodes = [node for node in fused.graph.node if node.op_type not in VIEWS]
    found = sum(nbytes[tensor] for node in nodes for tensor in {*node.input, *node.output} if tensor)
    assert found == cnnprof.count(model, shape).memory_fused_bytes
