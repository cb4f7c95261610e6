"""Nodes of an ONNX file are walked in the order that they can run in, whatever the file's own is."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from cnnprof.errors import ModelError
from cnnprof.trace.onnx.order import in_order
from tests.trace.onnx_nets import counts_of, graph_of, model, numbers, weight

node = helper.make_node
CONV = node("Conv", ["x", "w"], ["c"])
RELU = node("Relu", ["c"], ["r"])
LAST = node("Sigmoid", ["r"], ["o"])


def test_nodes_that_stand_before_what_they_read(tmp_path: Path) -> None:
    made = model([LAST, RELU, CONV], [weight("w", 6, 3, 3, 3)], outputs=["o"])
    graph = graph_of(made, tmp_path)
    assert [op.kind for op in graph.ops] == ["conv", "relu", "sigmoid"]
    assert graph == graph_of(model([CONV, RELU, LAST], [weight("w", 6, 3, 3, 3)]), tmp_path)


def test_what_can_run_as_it_stands_stays_so() -> None:
    nodes = [CONV, node("Tanh", ["x"], ["t"]), RELU, node("Exp", ["x"], ["e"]), LAST]
    assert in_order(nodes) == nodes


def test_a_branch_waits_for_what_it_takes_from_around_it(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("b", 1, None)
    branch = helper.make_graph([node("Relu", ["c"], ["b"])], "branch", [], [value])
    choice = node("If", ["flag"], ["o"], then_branch=branch, else_branch=branch)
    made = model([choice, CONV], [weight("w", 6, 3, 3, 3), numbers("flag", 1)], outputs=["o"])
    assert [op.kind for op in counts_of(made, tmp_path).ops] == ["conv", "relu"]


def test_a_circle_is_refused(tmp_path: Path) -> None:
    made = model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])])
    with pytest.raises(ModelError, match=r"writes 'a'.*reads 'b'"):
        counts_of(made, tmp_path)
