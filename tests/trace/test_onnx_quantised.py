"""Files quantised as QDQ: their layers read and write integers once deployed, with the bytes written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import TensorProto, helper

from cnnprof.cost.count import count_graph
from cnnprof.cost.peak import find_peak
from cnnprof.cost.roofline import find_roofline
from cnnprof.records.ceilings import Ceilings, Rate
from tests.trace.onnx_nets import counts_of, graph_of, integers, model, weight

node = helper.make_node
P = 8 * 8  # elements of a channel


def there_and_back(name: str) -> list[Any]:
    """``name`` in integers, and what reads them reads them as ``name_d``."""
    return [
        node("QuantizeLinear", [name, "s", "z"], [f"{name}_q"]),
        node("DequantizeLinear", [f"{name}_q", "s", "z"], [f"{name}_d"]),
    ]


def conv(name: str, source: str, *extra: str) -> list[Any]:
    return [
        node("DequantizeLinear", [f"{name}_w", "s", "z"], [f"{name}_f"]),
        node("Conv", [source, f"{name}_f", *extra], [name]),
    ]


STORED = [weight("s"), integers("z"), integers("a_w", 6, 3, 1, 1), integers("b_w", 6, 6, 1, 1)]


def residual() -> Any:
    """A convolution and a ReLU, whose integers a second convolution and an addition both read."""
    nodes = [
        *there_and_back("x"), *conv("a", "x_d"), node("Relu", ["a"], ["r"]), *there_and_back("r"),
        *conv("b", "r_d"), *there_and_back("b"), node("Add", ["b_d", "r_d"], ["sum"]), *there_and_back("sum"),
    ]  # fmt: skip
    return model(nodes, STORED, outputs=["sum_d"])


def test_quantising_is_counted(tmp_path: Path) -> None:
    counts = counts_of(model(there_and_back("x"), STORED), tmp_path)
    assert [(op.kind, op.flops) for op in counts.ops] == [("quantize", 4 * 3 * P), ("dequantize", 2 * 3 * P)]
    assert counts.uncounted_ops == ()
    assert counts.memory_bytes == 2 * (4 + 1) * 3 * P
    assert counts.memory_fused_bytes == counts.memory_bytes  # both ends are the caller's, in floating point
    ranged = counts_of(
        model([node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"])], outputs=["q"]), tmp_path
    )
    assert (ranged.flops, ranged.uncounted_ops) == (6 * 3 * P, ())


def test_between_layers_only_integers_move(tmp_path: Path) -> None:
    counts = counts_of(residual(), tmp_path)
    assert counts.params == 18 + 36
    first = 3 * P + 18 + 6 * P  # the convolution with its ReLU and the rounding after it, a byte a number
    second = 6 * P + 36 + 6 * P + 6 * P  # reads the first's integers twice, the second time to add them
    picture, result = (4 + 1) * 3 * P, (1 + 4) * 6 * P
    assert counts.memory_fused_bytes == picture + first + second + result
    moved = {op.kind: op.memory_fused_bytes for op in counts.ops[:-1]}
    assert (moved["dequantize"], moved["relu"]) == (0, 0)


def test_a_rounding_joins_any_op(tmp_path: Path) -> None:
    pool = node("MaxPool", ["x_d"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    nodes = [*there_and_back("x"), pool, *there_and_back("p")]
    counts = counts_of(model(nodes, STORED), tmp_path)
    assert [(op.kind, op.memory_fused_bytes) for op in counts.ops] == [
        ("quantize", 5 * 3 * P), ("dequantize", 0), ("max_pool", 3 * P), ("quantize", 3 * 16),
        ("dequantize", 5 * 3 * 16),
    ]  # fmt: skip


def test_a_quantised_bias_that_is_added_is_a_weight(tmp_path: Path) -> None:
    nodes = [node("DequantizeLinear", ["b", "s", "z"], ["d"]), node("Add", ["x", "d"], ["o"])]
    counts = counts_of(model(nodes, [*STORED[:2], integers("b", 3, 1, 1)]), tmp_path)
    assert (counts.params, counts.memory_bytes) == (3, 4 * 2 * 3 * P + 3)


def test_a_norm_after_a_rounding_is_not_folded(tmp_path: Path) -> None:
    norm = node("BatchNormalization", ["a_d", *("n1", "n2", "n3", "n4")], ["o"])
    stored = [*STORED, *(weight(f"n{index}", 6) for index in range(1, 5))]
    counts = counts_of(
        model([*there_and_back("x"), *conv("a", "x_d"), *there_and_back("a"), norm], stored), tmp_path
    )
    assert counts.ops[-1].memory_fused_bytes == (1 + 4) * 6 * P + 4 * 6 * 4


def test_what_is_read_in_floating_point_as_well_is_written_so(tmp_path: Path) -> None:
    nodes = [*there_and_back("x"), *conv("a", "x_d"), *there_and_back("a"), node("Add", ["a", "a_d"], ["o"])]
    counts = counts_of(model(nodes, STORED), tmp_path)
    assert [op.memory_fused_bytes for op in counts.ops if op.kind in ("conv", "add")] == [
        3 * P + 18 + 4 * 6 * P,
        (4 + 1 + 4) * 6 * P,
    ]


def test_a_roofline_has_the_layers_that_are_deployed(tmp_path: Path) -> None:
    graph = graph_of(residual(), tmp_path)
    limits = Ceilings("float32", 1, "cpu", Rate(1e6, ""), Rate(1e3, ""), None, overhead_s=0.0)
    found = find_roofline(graph, count_graph(graph), limits, "onnxruntime")
    assert [(layer.kind, layer.bound) for layer in found.layers] == [
        ("quantize", "memory"),
        ("conv+relu+quantize", "memory"),
        ("conv+quantize+add+quantize", "memory"),
        ("dequantize", "memory"),  # for the caller
    ]
    assert found.moved_bytes == count_graph(graph).memory_fused_bytes


def test_the_fused_order_keeps_integers(tmp_path: Path) -> None:
    fused = find_peak(graph_of(residual(), tmp_path)).orders[2]
    # The picture and its integers; these and the first sum's; those and the second's; and these for the caller.
    assert fused.live_bytes == ((4 + 1) * 3 * P, (3 + 6) * P, (6 + 6) * P, (1 + 4) * 6 * P)


@pytest.mark.parametrize(("kind", "held"), [(TensorProto.INT4, 11), (TensorProto.INT8, 21)])
def test_two_numbers_of_four_bits_share_a_byte(kind: int, held: int, tmp_path: Path) -> None:
    stored = [weight("s"), helper.make_tensor("w", kind, [3, 7], [1] * 21)]
    nodes = [
        node("DequantizeLinear", ["w", "s"], ["d"]),
        node("MatMul", ["x", "d"], ["o"]),
    ]
    counts = counts_of(model(nodes, stored, inputs={"x": ("N", 3)}, opset=21), tmp_path, (5, 3))
    assert counts.params == 21
    assert counts.memory_bytes == 4 * (5 * 3 + 5 * 7) + held


def test_the_papers_bytes_of_a_layer_of_integers(tmp_path: Path) -> None:
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        node("ConvInteger", ["q", "a_w", "z"], ["o"]),
    ]
    counts = counts_of(model(nodes, STORED[2:]), tmp_path)
    assert counts.memory_paper_bytes == 3 * P + 18 + 4 * 6 * P  # sums of 32 bits


GATES = {
    "silu": [node("Sigmoid", ["a_d"], ["t"]), *there_and_back("t")],
    "hard_swish": [node("HardSigmoid", ["a_d"], ["t"], alpha=1 / 6), *there_and_back("t")],
    "mish": [
        *[node("Softplus", ["a_d"], ["p"]), *there_and_back("p")],
        *[node("Tanh", ["p_d"], ["t"]), *there_and_back("t")],
    ],
}


@pytest.mark.parametrize("pair", [["a_d", "t_d"], ["t_d", "a_d"]], ids=str)
@pytest.mark.parametrize("gate", GATES)
def test_an_activation_that_is_rounded_inside_is_still_one(
    gate: str, pair: list[str], tmp_path: Path
) -> None:
    nodes = [
        *[*there_and_back("x"), *conv("a", "x_d"), *there_and_back("a"), *GATES[gate]],
        *[node("Mul", pair, ["m"]), *there_and_back("m"), *conv("b", "m_d"), *there_and_back("b")],
    ]
    made = model(nodes, STORED, outputs=["b_q"])
    counts = counts_of(made, tmp_path)
    assert counts.memory_fused_bytes == (4 + 1) * 3 * P + (3 * P + 18 + 6 * P) + (6 * P + 36 + 6 * P)
    assert find_peak(graph_of(made, tmp_path)).orders[2].live_bytes == (5 * 3 * P, (3 + 6) * P, (6 + 6) * P)


@pytest.mark.parametrize("outputs", [["o_q"], ["m_q", "t_q"]], ids=["read again", "returned"])
def test_what_is_rounded_inside_and_read_by_others_is_written(outputs: list[str], tmp_path: Path) -> None:
    nodes = [
        *[*there_and_back("x"), *conv("a", "x_d"), *there_and_back("a"), *GATES["silu"]],
        *[node("Mul", ["a_d", "t_d"], ["m"]), *there_and_back("m")],
    ]
    if "o_q" in outputs:
        nodes += [node("Add", ["m_d", "t_d"], ["o"]), *there_and_back("o")]
    counts = counts_of(model(nodes, STORED, outputs=outputs), tmp_path)
    product = [op for op in counts.ops if op.kind == "mul"]
    assert [op.memory_fused_bytes for op in product] == [
        (6 + 6) * P
    ]  # the quantised result is that of the rounding
