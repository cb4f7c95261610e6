"""Activations of several nodes are one op, as in the module that they were exported from."""

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
STORED = [weight("w", 6, 3, 1, 1), weight("one"), weight("steps", 6, 1, 1)]
P = 8 * 8 * 4  # bytes of a channel
NUMBERS = {"root": 2**0.5, "half": 0.5, "zero": 0.0, "three": 3.0, "six": 6.0, "sixth": 1 / 6}
ROOT, HALF, ZERO, THREE, SIX, SIXTH = (
    node("Constant", [], [name], value=numpy_helper.from_array(np.float32(value), name))
    for name, value in NUMBERS.items()
)
RAISED = [
    ZERO,
    THREE,
    SIX,
    SIXTH,
    node("Add", ["c", "three"], ["t"]),
    node("Clip", ["t", "zero", "six"], ["b"]),
]
ERF = [
    ROOT,
    HALF,
    node("Div", ["c", "root"], ["d"]),
    node("Erf", ["d"], ["e"]),
    node("Add", ["e", "one"], ["a"]),
]
GATE = node("HardSigmoid", ["c"], ["s"], alpha=1 / 6)
FORMS = {
    "silu": [node("Sigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["o"])],
    "silu turned": [node("Sigmoid", ["c"], ["s"]), node("Mul", ["s", "c"], ["o"])],
    "hard_swish": [GATE, node("Mul", ["c", "s"], ["o"])],
    "mish": [node("Softplus", ["c"], ["p"]), node("Tanh", ["p"], ["s"]), node("Mul", ["c", "s"], ["o"])],
    "mish by a logarithm": [
        node("Exp", ["c"], ["e"]),
        node("Add", ["e", "one"], ["p"]),
        node("Log", ["p"], ["l"]),
        node("Tanh", ["l"], ["s"]),
        node("Mul", ["c", "s"], ["o"]),
    ],
    "relu6": [ZERO, SIX, node("Max", ["c", "zero"], ["m"]), node("Min", ["m", "six"], ["o"])],
    "relu6 turned": [ZERO, SIX, node("Min", ["six", "c"], ["m"]), node("Max", ["zero", "m"], ["o"])],
    "relu6 of a relu": [SIX, node("Relu", ["c"], ["m"]), node("Min", ["m", "six"], ["o"])],
    "relu6 by a clip": [SIX, node("Relu", ["c"], ["m"]), node("Clip", ["m", "", "six"], ["o"])],
    "clamp": [THREE, SIX, node("Max", ["c", "three"], ["m"]), node("Min", ["m", "six"], ["o"])],
    "hard_sigmoid": [*RAISED, node("Div", ["b", "six"], ["o"])],
    "hard_sigmoid by a fraction": [*RAISED, node("Mul", ["sixth", "b"], ["o"])],
    "hard_sigmoid of one by one": [
        *RAISED[:-1],
        node("Relu", ["t"], ["m"]),
        node("Min", ["m", "six"], ["b"]),
        node("Div", ["b", "six"], ["o"]),
    ],
    "hard_sigmoid of a line": [
        ZERO,
        HALF,
        SIXTH,
        node("Mul", ["c", "sixth"], ["m"]),
        node("Add", ["m", "half"], ["a"]),
        node("Clip", ["a", "zero", "one"], ["o"]),
    ],
    "hard_swish divided last": [*RAISED, node("Mul", ["c", "b"], ["m"]), node("Div", ["m", "six"], ["o"])],
    "hard_swish scaled last": [*RAISED, node("Mul", ["b", "c"], ["m"]), node("Mul", ["m", "sixth"], ["o"])],
    "hard_swish divided first": [*RAISED, node("Div", ["b", "six"], ["s"]), node("Mul", ["c", "s"], ["o"])],
    "hard_swish scaled first": [*RAISED, node("Mul", ["b", "sixth"], ["s"]), node("Mul", ["s", "c"], ["o"])],
    "leaky_relu": [HALF, node("Mul", ["c", "half"], ["m"]), node("Max", ["c", "m"], ["o"])],
    "leaky_relu turned": [HALF, node("Mul", ["half", "c"], ["m"]), node("Max", ["m", "c"], ["o"])],
    "gelu halved first": [*ERF, node("Mul", ["c", "half"], ["h"]), node("Mul", ["h", "a"], ["o"])],
    "gelu": [*ERF, node("Mul", ["c", "a"], ["m"]), node("Mul", ["m", "half"], ["o"])],
    "gelu of the halved": [*ERF, node("Mul", ["a", "half"], ["m"]), node("Mul", ["c", "m"], ["o"])],
}
FLOPS = {
    "silu": 4 + 1, "hard_swish": 3 + 1, "mish": 3 + 5 + 1, "gelu": 5, "relu6": 1, "clamp": 1, "leaky_relu": 1,
    "hard_sigmoid": 1 + 1 + 1,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_chain_of_nodes_is_one_activation(form: str, tmp_path: Path) -> None:
    kind = form.split()[0]
    counts = counts_of(model([CONV, *FORMS[form], node("Relu", ["o"], ["r"])], STORED), tmp_path)
    assert [op.kind for op in counts.ops] == ["conv", kind, "relu"]
    assert counts.ops[1].flops == FLOPS[kind] * 6 * 64
    assert (counts.macs, counts.params) == (18 * 64, 18)
    assert counts.memory_fused_bytes == (3 + 6) * P + 18 * 4


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Sigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["m"]), node("Add", ["m", "s"], ["o"])],
        [node("Sigmoid", ["c"], ["s"]), node("Tanh", ["c"], ["t"]), node("Mul", ["t", "s"], ["o"])],
        [node("HardSigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["o"])],  # alpha 0.2
        [*ERF, node("Mul", ["c", "a"], ["o"])],
        [*RAISED, node("Mul", ["c", "b"], ["m"]), node("Div", ["m", "three"], ["o"])],
        [*RAISED, node("Div", ["six", "b"], ["o"])],
        [*RAISED, node("Div", ["b", "six"], ["d"]), node("Add", ["d", "b"], ["o"])],
        [THREE, node("Mul", ["c", "three"], ["m"]), node("Max", ["c", "m"], ["o"])],
        [ZERO, node("Max", ["c", "zero"], ["m"]), node("Max", ["m", "one"], ["o"])],
        [node("Max", ["c", "steps"], ["m"]), SIX, node("Min", ["m", "six"], ["o"])],
    ],
    ids=[
        "read again",
        "of another",
        "another slope",
        "not halved",
        "by another number",
        "divided by it",
        "a bound read again",
        "a steeper line",
        "two lower bounds",
        "a bound for each channel",
    ],
)
def test_what_only_looks_like_one_stays_as_it_is(nodes: list[Any], tmp_path: Path) -> None:
    counts = counts_of(model([CONV, *nodes], STORED), tmp_path)
    assert len(counts.ops) == 1 + sum(each.op_type != "Constant" for each in nodes)


def test_what_the_network_returns_stays(tmp_path: Path) -> None:
    counts = counts_of(model([CONV, *FORMS["silu"]], STORED, outputs=["o", "s"]), tmp_path)
    assert [op.kind for op in counts.ops] == ["conv", "sigmoid", "mul"]
