"""ONNX Runtime's profile: its events read and set to nodes, and once for real."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from cnnprof.runtimes.onnx.export import OnnxNode
from cnnprof.runtimes.onnxruntime.profile import layers, passes

NODES = (
    OnnxNode("node_Conv_1", "Conv", ("0", "1"), ("getitem",)),
    OnnxNode("node_relu", "Relu", ("2",), ("relu",)),
    OnnxNode("node_mean", "ReduceMean", (), ("mean",)),
)


def kernel(name: str, kind: str, ts: int, dur: int) -> dict[str, Any]:
    return {"cat": "Node", "name": f"{name}_kernel_time", "ts": ts, "dur": dur, "args": {"op_name": kind}}


def run(ts: int, dur: int) -> dict[str, Any]:
    return {"cat": "Session", "name": "model_run", "ts": ts, "dur": dur, "args": {}}


EVENTS = [
    {"cat": "Session", "name": "session_initialization", "ts": 0, "dur": 90, "args": {}},
    kernel("relu_nchwc", "Conv", 110, 40),
    kernel("ReorderOutput_token_7", "ReorderOutput", 160, 5),
    kernel("node_mean", "ReduceMean", 170, 10),
    run(100, 100),
    run(300, 100),
    # out of order, as threads write them
    kernel("node_mean", "ReduceMean", 370, 12),
    kernel("relu_nchwc", "Conv", 310, 44),
    kernel("ReorderOutput_token_7", "ReorderOutput", 360, 6),
]


def test_each_pass_has_its_own_kernels() -> None:
    assert [[event["dur"] for event in each] for each in passes(EVENTS)] == [[40, 5, 10], [44, 6, 12]]


def test_rows_name_the_modules_of_their_nodes() -> None:
    conv, reorder, mean = layers(passes(EVENTS), NODES)
    assert (conv.name, conv.paths, conv.types) == ("relu_nchwc", ("2",), ("Conv", "Relu"))
    assert conv.seconds == pytest.approx((40e-6, 44e-6))
    assert (reorder.name, reorder.paths, reorder.types) == ("ReorderOutput", (), ())
    assert (mean.paths, mean.types) == ((), ("ReduceMean",))


@pytest.mark.parametrize(
    ("name", "kind", "type"),
    [
        ("fused node_Conv_1", "FusedConv", "Conv"),
        ("node_Conv_1/QuickGeluFusion/", "QuickGelu", "QuickGelu"),
        ("fused node_Conv_1/MatMulAddFusion_token_3", "FusedGemm", "Gemm"),
    ],
)
def test_a_fusion_is_of_the_modules_of_the_node_that_it_is_named_after(
    name: str, kind: str, type: str
) -> None:
    (row,) = layers([[kernel(name, kind, 0, 40)]], NODES)
    assert (row.name, row.paths, row.types) == (name, ("0", "1"), (type,))


@pytest.mark.runtimes
def test_a_real_profile_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    import torch
    from torch import nn

    from cnnprof.cost.attribution import attribute
    from cnnprof.runtimes.onnxruntime.runtime import RUNTIME
    from cnnprof.runtimes.registry import Settings
    from cnnprof.trace.trace import trace_model

    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    graph = trace_model(model.eval(), [(1, 3, 32, 32)])
    session = RUNTIME.prepare(model.eval(), Settings(((1, 3, 32, 32),)))
    rows, walls = session.profile(3)
    assert len(walls) == 3
    assert all(len(row.seconds) == 3 for row in rows)
    assert all(sum(row.seconds[call] for row in rows) < walls[call] for call in range(3))
    found = attribute(rows, graph, fuses=True)
    assert (0, 1, 2) in [layer.ops for layer in found]
    assert (3,) in [layer.ops for layer in found]
    assert not list(tmp_path.rglob("*profile*"))
