"""Norms that exporters write with the operators of arithmetic cost what the module's own norm does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from tests.trace.onnx_nets import counts_of, model, weight

node = helper.make_node
CONV = node("Conv", ["x", "w"], ["c"])
SCALED = [node("Mul", ["c", "scale"], ["m"]), node("Add", ["m", "shift"], ["a"])]
STORED = [weight("w", 6, 3, 1, 1), weight("scale", 6, 1, 1), weight("shift", 1, 6, 1, 1)]
P = 8 * 8 * 4  # bytes of a channel


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
