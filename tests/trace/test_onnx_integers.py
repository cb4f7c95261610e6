"""Weights of a network are the same ones however it is quantised: as floats, as QDQ and in ONNX Runtime's operators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper

from tests.trace.onnx_nets import counts_of, integers, model, own, weight

node = helper.make_node
P = 8 * 8  # elements of a channel
PARAMS = 4 * 3 + 4 + 4 + 4 * 4
MACS = (4 * 3 + 4 * 4) * P


SCALES = [weight("s"), integers("z", dtype=np.uint8)]
ROUNDED = node("QuantizeLinear", ["x", "s", "z"], ["q"])
SHAPES = {"v": (4, 3, 1, 1), "b": (1, 4, 1, 1), "m": (1, 4, 1, 1), "w": (4, 4, 1, 1)}


def in_floats() -> Any:
    nodes = [
        node("Conv", ["x", "v"], ["c"]),
        node("Add", ["c", "b"], ["a"]),
        node("Mul", ["a", "m"], ["p"]),
        node("Conv", ["p", "w"], ["o"]),
    ]
    return model(nodes, [weight(name, *shape) for name, shape in SHAPES.items()])


def as_qdq() -> Any:
    nodes = []
    for made in in_floats().graph.node:
        source, stored = made.input
        nodes += [
            node("QuantizeLinear", [source, "s", "z"], [f"{source}_q"]),
            node("DequantizeLinear", [f"{source}_q", "s", "z"], [f"{source}_d"]),
            node("DequantizeLinear", [stored, "s", "z"], [f"{stored}_d"]),
            node(made.op_type, [f"{source}_d", f"{stored}_d"], made.output),
        ]
    return model(
        nodes, [*SCALES, *(integers(name, *shape, dtype=np.uint8) for name, shape in SHAPES.items())]
    )


def as_trained() -> Any:
    """Training with rounded weights leaves them in floats, with the rounding in the file."""
    made = as_qdq()
    rounding = [node("QuantizeLinear", [f"{name}_float", "s", "z"], [name]) for name in SHAPES]
    floats = [weight(f"{name}_float", *shape) for name, shape in SHAPES.items()]
    return model([*rounding, *made.graph.node], [*SCALES, *floats])


def in_operators() -> Any:
    def reads(source: str, stored: str) -> list[str]:
        return [source, "s", "z", stored, "s", "z", "s", "z"]

    nodes = [
        ROUNDED,
        node("QLinearConv", reads("q", "v"), ["c"]),
        own("QLinearAdd", reads("c", "b"), "a"),
        own("QLinearMul", reads("a", "m"), "p"),
        node("QLinearConv", reads("p", "w"), ["o"]),
    ]
    return model(
        nodes, [*SCALES, *(integers(name, *shape, dtype=np.uint8) for name, shape in SHAPES.items())]
    )


@pytest.mark.parametrize("made", [in_floats, as_qdq, as_trained, in_operators])
def test_the_same_weights_in_each_form(made: Any, tmp_path: Path) -> None:
    counts = counts_of(made(), tmp_path)
    assert (counts.params, counts.macs, counts.uncounted_ops) == (PARAMS, MACS, ())


def test_they_are_read_a_byte_a_number(tmp_path: Path) -> None:
    found = {op.kind: op.memory_bytes for op in counts_of(in_operators(), tmp_path).ops}
    assert (found["add"], found["mul"]) == (2 * 4 * P + 4, 2 * 4 * P + 4)


def test_weights_that_the_file_rounds_weigh_what_rounded_ones_do(tmp_path: Path) -> None:
    stored, trained = counts_of(as_qdq(), tmp_path), counts_of(as_trained(), tmp_path)
    for column in ("memory_bytes", "memory_fused_bytes", "memory_paper_bytes"):
        assert getattr(trained, column) == getattr(stored, column)
    first = next(op for op in trained.ops if op.kind == "conv")
    assert first.memory_bytes == 4 * (3 + 4) * P + 4 * 3


@pytest.mark.parametrize(
    ("made", "params"),
    [
        (own("QLinearConcat", ["s", "z", "q", "s", "z", "k", "s", "z"], "o", axis=1), 3 * P),
        (own("QLinearWhere", ["more", "q", "s", "z", "k", "s", "z", "s", "z"], "o"), 3 * P),
        (own("QLinearAdd", ["q", "s", "z", "one", "s", "z", "s", "z"], "o"), 0),  # a number is no weight
    ],
)
def test_what_is_joined_to_the_picture(made: Any, params: int, tmp_path: Path) -> None:
    stored = [
        *SCALES,
        weight("zero"),
        integers("k", 1, 3, 8, 8, dtype=np.uint8),
        integers("one", dtype=np.uint8),
    ]
    nodes = [ROUNDED, node("Greater", ["x", "zero"], ["more"]), made]
    assert counts_of(model(nodes, stored), tmp_path).params == params


@pytest.mark.parametrize("turned", [False, True])
def test_a_bias_in_32_bits_that_is_added(turned: bool, tmp_path: Path) -> None:
    """ONNX Runtime stores biases so, those of linear layers without one among them."""
    stored = [weight("s"), integers("w", 8, 5, dtype=np.uint8), integers("b", 5, dtype=np.int32)]
    nodes = [
        node("DequantizeLinear", ["w", "s"], ["v"]),
        node("MatMul", ["x", "v"], ["m"]),
        node("DequantizeLinear", ["b", "s"], ["d"]),
        *([node("Identity", ["d"], ["e"])] if turned else []),
        node("Add", ["m", "e" if turned else "d"], ["o"]),
    ]
    counts = counts_of(model(nodes, stored, inputs={"x": ("N", 8)}), tmp_path, (1, 8))
    assert counts.params == 8 * 5 + 5
    assert counts.ops[-1].memory_bytes == 4 * (5 + 5) + 4 * 5


def test_whole_numbers_that_are_only_cast_are_no_weight(tmp_path: Path) -> None:
    nodes = [node("Cast", ["grid"], ["g"], to=1), node("Add", ["x", "g"], ["o"])]
    assert counts_of(model(nodes, [integers("grid", 8, dtype=np.int32)]), tmp_path).params == 0
