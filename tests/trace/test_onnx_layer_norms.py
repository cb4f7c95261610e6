"""Norms along the last dimension, under each name that files have for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from cnnprof.cost.count import count_graph
from tests.trace.onnx_nets import counts_of, graph_of, model, own, weight

node = helper.make_node
SHAPE = (1, 16, 32)
E = 16 * 32  # elements
STORED = [weight("g", 32), weight("b", 32), weight("t", 32)]


@pytest.mark.parametrize(
    ("made", "opset", "params"),
    [
        (node("RMSNormalization", ["x", "g"], ["o"]), 23, 32),
        (node("SimplifiedLayerNormalization", ["x", "g"], ["o"]), 17, 32),
        (own("SimplifiedLayerNormalization", ["x", "g"], "o"), 17, 32),
        (node("LayerNormalization", ["x", "g", "b"], ["o"]), 13, 64),  # as ONNX Runtime writes it there
        (node("MeanVarianceNormalization", ["x"], ["o"], axes=[2]), 13, 0),
    ],
)
def test_a_norm_is_counted_as_one(made: Any, opset: int, params: int, tmp_path: Path) -> None:
    graph = graph_of(model([made], STORED, inputs={"x": SHAPE}, opset=opset), tmp_path, SHAPE)
    assert graph.ops[0].attributes["affine"] == (params > 0)
    counts = count_graph(graph)
    assert [(op.kind, op.flops) for op in counts.ops] == [("layer_norm", 7 * E)]
    assert (counts.params, counts.uncounted_ops) == (params, ())
    assert counts.memory_bytes == 4 * (2 * E + params)


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize(
    ("made", "kinds", "params"),
    [
        (own("SkipLayerNormalization", ["x", "x", "g", "b"], "o"), ["add", "layer_norm"], 64),
        (own("SkipLayerNormalization", ["x", "x", "g"], "o"), ["add", "layer_norm"], 32),
        (own("SkipLayerNormalization", ["x", "x", "g", "b", "t"], "o"), ["add", "add", "layer_norm"], 96),
        (own("SkipLayerNormalization", ["x", "x", "g", "", "t"], "o"), ["add", "add", "layer_norm"], 64),
        (own("SkipSimplifiedLayerNormalization", ["x", "x", "g"], "o"), ["add", "layer_norm"], 32),
        (
            own("SkipSimplifiedLayerNormalization", ["x", "x", "g", "t"], "o"),
            ["add", "add", "layer_norm"],
            64,
        ),
    ],
)
def test_a_norm_of_a_sum(made: Any, kinds: list[str], params: int, opset: int, tmp_path: Path) -> None:
    counts = counts_of(model([made], STORED, inputs={"x": SHAPE}, opset=opset), tmp_path, SHAPE)
    assert [op.kind for op in counts.ops] == kinds
    assert (counts.params, counts.uncounted_ops) == (params, ())
    assert counts.flops == (len(kinds) - 1 + 7) * E


def test_the_sum_is_read_again(tmp_path: Path) -> None:
    nodes = [
        own("SkipLayerNormalization", ["x", "x", "g", "b", "t"], "n", "", "", "sum"),
        node("Add", ["n", "sum"], ["o"]),
    ]
    graph = graph_of(model(nodes, STORED, inputs={"x": SHAPE}), tmp_path, SHAPE)
    assert [op.kind for op in graph.ops] == ["add", "add", "layer_norm", "add"]
    assert graph.ops[-1].inputs == (graph.ops[2].outputs[0], graph.ops[1].outputs[0])
