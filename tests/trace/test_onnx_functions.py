"""Functions that an ONNX file defines for itself: written out where they are called, refused where that has no end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import AttributeProto, helper

from cnnprof.errors import ModelError
from tests.trace.onnx_nets import counts_of, model

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("custom", 1)]


def call(name: str, reads: str, writes: str, overload: str = "") -> Any:
    made = helper.make_node(name, reads.split(), writes.split(), domain="custom")
    made.overload = overload
    return made


def function(name: str, body: Sequence[Any], overload: str = "") -> Any:
    """It reads a and writes b."""
    made = helper.make_function("custom", name, ["a"], ["b"], body, OPSETS)
    made.overload = overload
    return made


def relu(reads: str, writes: str) -> Any:
    return helper.make_node("Relu", [reads], [writes])


def inside(nodes: Sequence[Any]) -> Any:
    """A node that holds a graph in a list of graphs, as no standard operator does."""
    made = helper.make_node("Magic", ["a"], ["b"], domain="other")
    graph = helper.make_graph(nodes, "inner", [], [helper.make_tensor_value_info("b", 1, None)])
    made.attribute.add(name="graphs", type=AttributeProto.GRAPHS, graphs=[graph])
    return made


def kinds(nodes: Sequence[Any], functions: Sequence[Any], folder: Path) -> list[str]:
    made = model(nodes)
    made.functions.extend(functions)
    return [op.kind for op in counts_of(made, folder).ops]


def test_they_are_written_out(tmp_path: Path) -> None:
    body = [helper.make_node("Add", ["a", "a"], ["t"]), relu("t", "b")]
    assert kinds([call("Twice", "x", "o")], [function("Twice", body)], tmp_path) == ["add", "relu"]


@pytest.mark.parametrize("order", [1, -1])
def test_overloads_of_one_name_are_told_apart(order: int, tmp_path: Path) -> None:
    """The one that calls the other was said to call itself, or not, by the order in which they stand."""
    functions = [function("F", [call("F", "a", "b", "plain")]), function("F", [relu("a", "b")], "plain")]
    assert kinds([call("F", "x", "o")], functions[::order], tmp_path) == ["relu"]


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "nested"])
def test_those_without_end_are_refused(nested: bool, tmp_path: Path) -> None:
    """Those in a list of graphs took all memory there was: a few KB unfold to 10^12 operators."""
    circle = [call("F0", "a", "b")]
    with pytest.raises(ModelError, match="its function 'F0' calls itself"):
        kinds([call("F0", "x", "o")], [function("F0", [inside(circle)] if nested else circle)], tmp_path)
    doubling = []
    for level in range(40):
        body = [call(f"F{level + 1}", "a", "t"), call(f"F{level + 1}", "t", "b")]
        doubling.append(function(f"F{level}", [inside(body)] if nested else body))
    with pytest.raises(ModelError, match="unfold to more than 1,000,000 operators"):
        kinds([call("F0", "x", "o")], [*doubling, function("F40", [relu("a", "b")])], tmp_path)


@pytest.mark.parametrize(
    ("reads", "functions"),
    [
        ("x x", [function("F", [relu("a", "b")])]),
        ("x", [function("F", [relu("a", "b")]), function("G", [call("G", "a", "b")])]),
    ],
    ids=["more inputs than it takes", "a circle that nobody calls"],
)
def test_what_onnx_cannot_write_out_is_no_bug(reads: str, functions: Sequence[Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="its functions cannot be written out: ") as caught:
        kinds([call("F", reads, "o")], functions, tmp_path)
    assert caught.value.hint == "export it without functions"
