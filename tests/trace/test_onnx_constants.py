"""What an ONNX file stores: which of it is a weight, and which node of nothing but constants is a constant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, numpy_helper

from tests.trace.onnx_nets import counts_of, graph_of, model, numbers, weight

node = helper.make_node
CONV = node("Conv", ["x", "w", "b"], ["o"])


def flag() -> Any:
    return numpy_helper.from_array(np.array(True), "more")


def test_the_bias_of_one_channel_is_a_weight(tmp_path: Path) -> None:
    counts = counts_of(model([CONV], [weight("w", 1, 3, 1, 1), weight("b", 1)]), tmp_path)
    assert counts.params == 3 + 1


def test_a_weight_of_one_number_is_a_weight(tmp_path: Path) -> None:
    conv = model([node("Conv", ["x", "w"], ["o"])], [weight("w", 1, 1, 1, 1)], inputs={"x": ("N", 1, 8, 8)})
    assert counts_of(conv, tmp_path, (1, 1, 8, 8)).params == 1
    slope = model([node("PRelu", ["x", "s"], ["o"])], [weight("s", 1, 1, 1)])
    assert counts_of(slope, tmp_path).params == 1


def test_of_a_sparse_weight_what_is_stored_is_read(tmp_path: Path) -> None:
    """10 of the 3 x 6 numbers; where they stand is no weight, and the products are those of the whole matrix."""
    stored = helper.make_sparse_tensor(weight("w", 10), numbers("places", *range(10)), [3, 6])
    product = node("MatMul", ["x", "w"], ["o"])
    made = model([product], inputs={"x": ("N", 3)}, sparse_initializer=[stored])
    (op,) = counts_of(made, tmp_path, (2, 3)).ops
    assert (op.kind, op.params, op.macs) == ("linear", 10, 2 * 3 * 6)
    assert op.memory_bytes == 4 * (2 * 3 + 10 + 2 * 6)
    assert op.memory_paper_bytes == 4 * (2 * 3 + 3 * 6 + 2 * 6)


def test_a_bias_that_is_reshaped_first(tmp_path: Path) -> None:
    made = model(
        [node("Reshape", ["flat", "sizes"], ["b"]), CONV],
        [weight("w", 1, 3, 1, 1), weight("flat", 1, 1), numbers("sizes", 1)],
    )
    assert counts_of(made, tmp_path).params == 3 + 1


def test_sizes_that_a_weight_is_given_are_no_weights(tmp_path: Path) -> None:
    made = model(
        [node("Reshape", ["flat", "sizes"], ["w"]), node("Conv", ["x", "w"], ["o"])],
        [weight("flat", 6, 3), numbers("sizes", 6, 3, 1, 1)],
    )
    assert counts_of(made, tmp_path).params == 18


@pytest.mark.parametrize("order", [["w", "s"], ["s", "w"]])
def test_a_number_beside_a_weight_is_none(order: list[str], tmp_path: Path) -> None:
    made = model(
        [
            node("Mul", order, ["scaled"]),
            node("Conv", ["x", "scaled"], ["c"]),
            node("Mul", ["c", "s"], ["o"]),
        ],
        [weight("w", 6, 3, 1, 1), weight("s", 1)],
    )
    assert counts_of(made, tmp_path).params == 18


def test_scales_of_a_quantised_weight_are_not_learnt(tmp_path: Path) -> None:
    zeros = numpy_helper.from_array(np.zeros(6, dtype=np.int8), "z")
    made = model(
        [
            node("QuantizeLinear", ["w", "s", "z"], ["q"], axis=0),
            node("DequantizeLinear", ["q", "s", "z"], ["d"], axis=0),
            node("Conv", ["x", "d"], ["o"]),
        ],
        [weight("w", 6, 3, 1, 1), weight("s", 6), zeros],
    )
    assert counts_of(made, tmp_path).params == 18


def body(**shapes: Any) -> Any:
    """One step of a loop that carries ``a`` and adds the network's own ``x`` to it."""
    values = {
        name: helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in shapes.items()
    }
    steps = [node("Identity", ["on"], ["on_again"]), node("Add", ["a", "x"], ["sum"])]
    return helper.make_graph(
        steps,
        "body",
        [values[name] for name in ("i", "on", "a")],
        [values[name] for name in ("on_again", "sum")],
    )


def test_a_loop_whose_body_reads_the_picture_is_no_constant(tmp_path: Path) -> None:
    picture = (1, [1, 3, 8, 8])
    step = body(i=(7, []), on=(9, []), on_again=(9, []), a=picture, sum=picture)
    made = model(
        [node("Loop", ["times", "more", "zero"], ["total"], body=step), node("Relu", ["total"], ["o"])],
        [numbers("times", 3), flag(), weight("zero", 1, 3, 8, 8)],
        value_info=[helper.make_tensor_value_info("total", *picture)],
    )
    counts = counts_of(made, tmp_path)
    assert [op.kind for op in counts.ops] == ["Loop", "relu"]
    assert counts.uncounted_ops == (("Loop", 1),)


@pytest.mark.parametrize("high", [[6.0], [[6.0]]])
def test_a_bound_written_as_a_list_of_one(high: list[Any], tmp_path: Path) -> None:
    stored = [
        numpy_helper.from_array(np.array(value, dtype=np.float32), name)
        for name, value in (("low", [0.0]), ("high", high))
    ]
    counts = counts_of(model([node("Clip", ["x", "low", "high"], ["o"])], stored), tmp_path)
    assert [op.kind for op in counts.ops] == ["relu6"]


def number(name: str, value: float) -> Any:
    """A number that an exporter wrote into the graph."""
    return node("Constant", [], [name], value=numpy_helper.from_array(np.array(value), name))


def test_a_constant_in_the_dtype_of_the_picture_reads_nothing_of_it(tmp_path: Path) -> None:
    nodes = [number("two", 2.0), node("CastLike", ["two", "x"], ["like"]), node("Mul", ["x", "like"], ["o"])]
    graph = graph_of(model(nodes), tmp_path)
    assert [op.kind for op in graph.ops] == ["mul"]
    assert graph.ops[0].outputs[0].dtype == "float32"  # the 2 was a double
    assert counts_of(model(nodes), tmp_path).memory_bytes == 2 * 192 * 4


def test_a_zero_that_stands_for_no_bias_is_not_learnt(tmp_path: Path) -> None:
    nodes = [
        number("zero", 0.0),
        node("CastLike", ["zero", "x"], ["like"]),
        node("Expand", ["like", "sizes"], ["b"]),
        CONV,
    ]
    counts = counts_of(model(nodes, [weight("w", 6, 3, 1, 1), numbers("sizes", 6)]), tmp_path)
    assert [op.kind for op in counts.ops] == ["conv"]
    assert counts.params == 18
