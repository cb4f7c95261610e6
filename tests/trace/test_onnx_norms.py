"""Norms that exporters write with the operators of arithmetic cost what the module's own norm does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, numpy_helper

from tests.trace.onnx_nets import counts_of, model, weight

node = helper.make_node
CONV = node("Conv", ["x", "w"], ["c"])
SCALED = [node("Mul", ["c", "scale"], ["m"]), node("Add", ["m", "shift"], ["a"])]
STORED = [weight("w", 6, 3, 1, 1), weight("scale", 6, 1, 1), weight("shift", 1, 6, 1, 1)]
P = 8 * 8 * 4  # bytes of a channel
MEAN = node("ReduceMean", ["x"], ["mean"], axes=[-1])
CENTRED = node("Sub", ["x", "mean"], ["d"])
SPREAD = [
    node("Pow", ["d", "two"], ["p"]),
    node("ReduceMean", ["p"], ["var"], axes=[-1]),
    node("Add", ["var", "epsilon"], ["e"]),
    node("Sqrt", ["e"], ["s"]),
]
NORMED = [MEAN, CENTRED, *SPREAD, node("Div", ["d", "s"], ["n"])]
AFFINE = [node("Mul", ["n", "g"], ["gn"]), node("Add", ["gn", "b"], ["o"])]
NUMBERS = [numpy_helper.from_array(np.float32(v), name) for name, v in (("two", 2), ("epsilon", 1e-6))]
WEIGHTS = [*NUMBERS, weight("g", 8), weight("b", 8)]


def test_a_factor_and_a_bias_for_each_channel_are_folded_as_a_batch_norm_is(tmp_path: Path) -> None:
    counts = counts_of(model([CONV, *SCALED, node("Relu", ["a"], ["o"])], STORED), tmp_path)
    assert counts.params == 18 + 2 * 6
    assert counts.memory_fused_bytes == (3 + 6) * P + 18 * 4 + 6 * 4
    norm = node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"])
    stored = [STORED[0], *(weight(name, 6) for name in ("scale", "shift", "mean", "var"))]
    own = counts_of(model([CONV, norm, node("Relu", ["n"], ["o"])], stored), tmp_path)
    assert (own.memory_fused_bytes, own.flops) == (counts.memory_fused_bytes, counts.flops)


def test_a_linear_layer_has_its_channels_last(tmp_path: Path) -> None:
    stored = [weight("w", 8, 5), weight("scale", 5)]
    nodes = [node("MatMul", ["x", "w"], ["c"]), node("Mul", ["c", "scale"], ["o"])]
    counts = counts_of(model(nodes, stored), tmp_path)
    assert counts.memory_fused_bytes == 3 * 8 * (8 + 5) * 4 + 8 * 5 * 4


@pytest.mark.parametrize("shape", [(8,), (1, 6, 8, 8), (8, 1)], ids=str)
def test_a_factor_for_each_place_is_not_folded(shape: tuple[int, ...], tmp_path: Path) -> None:
    stored = [STORED[0], weight("scale", *shape)]
    counts = counts_of(model([CONV, SCALED[0]], stored), tmp_path)
    assert counts.memory_fused_bytes == counts.memory_bytes


def test_what_is_read_before_it_is_scaled_is_not_folded(tmp_path: Path) -> None:
    nodes: list[Any] = [CONV, *SCALED, node("Add", ["a", "c"], ["o"])]
    counts = counts_of(model(nodes, STORED), tmp_path)
    assert counts.ops[1].memory_fused_bytes == (6 + 6) * P + 6 * 4


@pytest.mark.parametrize(
    ("behind", "weights"), [([], 0), (AFFINE[:1], 1), (AFFINE, 2)], ids=["bare", "scaled", "affine"]
)
def test_a_layer_norm_step_by_step_is_one_op(behind: list[Any], weights: int, tmp_path: Path) -> None:
    counts = counts_of(model([*NORMED, *behind], WEIGHTS, opset=13), tmp_path)
    assert [op.kind for op in counts.ops] == ["layer_norm"]
    assert counts.flops == 7 * 3 * 64  # mean, centre, square, mean, divide, and the affine pair
    assert counts.params == weights * 8
    assert counts.memory_bytes == 2 * 3 * P + weights * 8 * 4


def test_a_norm_over_channels_stays_as_it_is_written(tmp_path: Path) -> None:
    """A module that says so itself calls each of these ops."""
    means = {"x": "mean", "p": "var"}
    nodes = [
        node("ReduceMean", [each.input[0]], [means[each.input[0]]], axes=[1])
        if each.op_type == "ReduceMean"
        else each
        for each in NORMED
    ]
    assert len(counts_of(model(nodes, WEIGHTS, opset=13), tmp_path).ops) == len(nodes)


@pytest.mark.parametrize("read", ["d", "s", "mean", "p"])
def test_a_norm_whose_steps_are_read_again_stays(read: str, tmp_path: Path) -> None:
    nodes = [*NORMED, node("Add", ["n", read], ["o"])]
    assert len(counts_of(model(nodes, WEIGHTS, opset=13), tmp_path).ops) == len(nodes)
