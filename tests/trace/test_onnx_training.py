"""Batch norms as they are exported in training."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from cnnprof.cost.count import count_graph
from tests.trace.onnx_nets import graph_of, model, weight

node = helper.make_node
STORED = [weight(name, 3) for name in ("g", "b", "m", "v")]


@pytest.mark.parametrize("opset", [7, 9, 13])
@pytest.mark.parametrize(
    ("kept", "is_training"), [(["m1", "v1", "m2", "v2"], True), (["", "", "", ""], False), ([], False)]
)
def test_what_a_batch_norm_keeps(opset: int, kept: list[str], is_training: bool, tmp_path: Path) -> None:
    """A mean and a variance for each channel, of this batch and of all so far."""
    norm = node("BatchNormalization", ["x", "g", "b", "m", "v"], ["o", *kept])
    graph = graph_of(model([norm], STORED, outputs=["o"], opset=opset), tmp_path)
    assert [value.shape for value in graph.ops[0].outputs] == [(1, 3, 8, 8), *[(3,) for name in kept if name]]
    counts = count_graph(graph)
    assert [op.kind for op in counts.ops] == ["batch_norm"]
    assert (counts.params, counts.flops) == (6, (7 if is_training else 2) * 192)
