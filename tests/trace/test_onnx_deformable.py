"""Deformable convolutions."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from tests.trace.onnx_nets import counts_of, model, weight


@pytest.mark.parametrize("bias", [True, False])
def test_a_deformable_convolution_multiplies_as_a_plain_one(bias: bool, tmp_path: Path) -> None:
    inputs = {"x": (1, 4, 8, 8), "moved": (1, 18, 6, 6), "shares": (1, 9, 6, 6)}
    reads = ["x", "w", "moved", "b" if bias else "", "shares"]
    made = model(
        [helper.make_node("DeformConv", reads, ["o"], group=2)],
        [weight("w", 6, 2, 3, 3), weight("b", 6)],
        inputs=inputs,
        opset=19,
    )
    counts = counts_of(made, tmp_path, *inputs.values())
    macs = 6 * 2 * 9 * 36
    assert [(op.kind, op.macs, op.flops) for op in counts.ops] == [
        ("conv", macs, 2 * macs + (6 * 36 if bias else 0))
    ]
    assert counts.params == 6 * 2 * 9 + (6 if bias else 0)
    assert counts.memory_bytes == 4 * ((4 * 64) + (18 + 9 + 6) * 36 + counts.params)
