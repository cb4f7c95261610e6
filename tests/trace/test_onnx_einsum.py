"""Products written as an equation."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from tests.trace.onnx_nets import counts_of, model

node = helper.make_node


@pytest.mark.parametrize(
    ("equation", "shapes", "macs"),
    [
        ("bij,jk->bik", ((2, 3, 5), (5, 7)), 2 * 3 * 7 * 5),
        ("bij, jk", ((2, 3, 5), (5, 7)), 2 * 3 * 7 * 5),  # the result is bik
        ("...ij,jk->...ik", ((2, 4, 3, 5), (5, 7)), 2 * 4 * 3 * 7 * 5),
        ("...ij,...jk", ((2, 3, 5), (2, 5, 7)), 2 * 3 * 7 * 5),
        ("b...c,cd->b...d", ((2, 3, 4, 5), (5, 7)), 2 * 3 * 4 * 7 * 5),
        ("ij,ij->", ((3, 5), (3, 5)), 3 * 5),
        ("bi,bj->bij", ((2, 3), (2, 5)), 2 * 3 * 5),  # nothing is summed
    ],
)
def test_an_equation_of_two_operands(
    equation: str, shapes: tuple[tuple[int, ...], ...], macs: int, tmp_path: Path
) -> None:
    inputs = dict(zip("xy", shapes, strict=True))
    counts = counts_of(
        model([node("Einsum", ["x", "y"], ["o"], equation=equation)], inputs=inputs), tmp_path, *shapes
    )
    assert [(op.kind, op.macs) for op in counts.ops] == [("matmul", macs)]
    assert counts.uncounted_ops == ()


def test_an_equation_of_one_operand_is_no_product(tmp_path: Path) -> None:
    made = model([node("Einsum", ["x"], ["o"], equation="nchw->nc")], inputs={"x": (1, 3, 8, 8)})
    assert counts_of(made, tmp_path).uncounted_ops == (("Einsum", 1),)
