"""Sequences of tensors count as the splits and concatenations that they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from cnnprof.errors import ModelError
from tests.trace.onnx_nets import counts_of, model, numbers

node = helper.make_node
X = {"x": ("N", 5, 8, 8)}
P = 8 * 8 * 4  # bytes of a channel


def scalar(name: str, value: int) -> Any:
    return helper.make_tensor(name, 7, [], [value])


@pytest.mark.parametrize(
    ("split", "channels"), [(numbers("split", 1, 4), (1, 4)), (scalar("split", 3), (3, 2))]
)
def test_a_split_whose_pieces_are_taken(split: Any, channels: tuple[int, int], tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", ["x", "split"], ["pieces"], axis=1, keepdims=0),  # only without sizes
        node("SequenceAt", ["pieces", "last"], ["b"]),
        node("SequenceAt", ["pieces", "first"], ["a"]),
        node("Relu", ["b"], ["r"]),
        node("Concat", ["a", "r"], ["o"], axis=1),
    ]
    made = model(nodes, [split, scalar("first", 0), scalar("last", -1)], inputs=X)
    counts = counts_of(made, tmp_path, (1, 5, 8, 8))
    found = [(op.kind, op.memory_bytes) for op in counts.ops if op.status == "costed"]
    assert found == [("copy", 10 * P), ("relu", 2 * channels[1] * P), ("concat", 10 * P)]
    assert counts.ops[0].output_shapes == tuple((1, size, 8, 8) for size in channels)
    assert counts.uncounted_ops == ()


def test_channels_that_are_taken_apart_and_stacked(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", ["x"], ["pieces"], axis=1, keepdims=0),
        node("ConcatFromSequence", ["pieces"], ["o"], axis=-1, new_axis=1),
    ]
    counts = counts_of(model(nodes, inputs=X), tmp_path, (1, 5, 8, 8))
    assert [op.kind for op in counts.ops] == ["copy", *["view"] * 10, "concat"]
    assert counts.ops[-1].output_shapes == ((1, 8, 8, 5),)


def test_a_sequence_of_named_tensors(tmp_path: Path) -> None:
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("SequenceConstruct", ["x", "r"], ["both"]),
        node("ConcatFromSequence", ["both"], ["o"], axis=1),
    ]
    counts = counts_of(model(nodes, inputs=X), tmp_path, (1, 5, 8, 8))
    assert [(op.kind, op.memory_bytes) for op in counts.ops] == [("relu", 10 * P), ("concat", 20 * P)]


@pytest.mark.parametrize("at", ["a", "last"])
def test_what_depends_on_values_is_refused(at: str, tmp_path: Path) -> None:
    nodes = [
        node("ArgMax", ["x"], ["m"]),
        node("ReduceMax", ["m"], ["a"], keepdims=0),
        node("SplitToSequence", ["x", "a" if at == "last" else "one"], ["pieces"], axis=1),
        node("SequenceAt", ["pieces", at], ["o"]),
    ]
    with pytest.raises(ModelError, match="not known before"):
        counts_of(model(nodes, [scalar("one", 1), scalar("last", 4)], inputs=X), tmp_path, (1, 5, 8, 8))


@pytest.mark.parametrize("index", [5, -6])
def test_a_place_that_a_sequence_does_not_have(index: int, tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", ["x"], ["pieces"], axis=1),
        node("SequenceAt", ["pieces", "index"], ["o"]),
    ]
    with pytest.raises(ModelError):
        counts_of(model(nodes, [scalar("index", index)], inputs=X), tmp_path, (1, 5, 8, 8))
