"""Operators of ONNX Runtime's own count as the standard ones that they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, load, numpy_helper

from cnnprof.cost.count import count_graph
from cnnprof.trace.onnx import open_onnx
from tests.trace.onnx_nets import counts_of, graph_of, integers, model, own, save, weight

node = helper.make_node
P = 8 * 8  # elements of a channel


ROUNDED = node("QuantizeLinear", ["x", "s", "z"], ["q"])
STORED = [weight("s"), integers("z", dtype=np.uint8)]
PAIR = ["q", "s", "z", "q", "s", "z", "s", "z"]


@pytest.mark.parametrize(
    ("made", "kind", "flops", "bytes_moved"),
    [
        (own("QLinearAdd", PAIR, "o"), "add", 3 * P, 3 * 3 * P),
        (own("QLinearMul", PAIR, "o"), "mul", 3 * P, 3 * 3 * P),
        (own("QLinearConcat", ["s", "z", *PAIR[:6]], "o", axis=1), "concat", 0, 4 * 3 * P),
        (own("QLinearSigmoid", ["q", "s", "z", "s", "z"], "o"), "sigmoid", 4 * 3 * P, 2 * 3 * P),
        (own("QLinearLeakyRelu", ["q", "s", "z", "s", "z"], "o", alpha=0.1), "leaky_relu", 3 * P, 2 * 3 * P),
        (
            own("QLinearSoftmax", ["q", "s", "z", "s", "z"], "o", axis=1, opset=13),
            "softmax",
            5 * 3 * P,
            2 * 3 * P,
        ),
        (
            own("QLinearAveragePool", ["q", "s", "z", "s", "z"], "o", kernel_shape=[2, 2], strides=[2, 2]),
            "avg_pool",
            3 * P,
            3 * P + 3 * P // 4,
        ),
        (
            own("QLinearGlobalAveragePool", ["q", "s", "z", "s", "z"], "o", channels_last=0),
            "adaptive_avg_pool",
            3 * P,
            3 * P + 3,
        ),
    ],
    ids=lambda each: each.op_type if hasattr(each, "op_type") else "",
)
@pytest.mark.parametrize("opset", [11, 18])  # of the older one, addition is not defined on 8 bits
def test_on_integers_a_byte_a_number(
    made: Any, kind: str, flops: int, bytes_moved: int, opset: int, tmp_path: Path
) -> None:
    counts = counts_of(model([ROUNDED, made], STORED, opset=opset), tmp_path)
    found = counts.ops[1]
    assert (found.kind, found.flops, found.memory_bytes) == (kind, flops, bytes_moved)
    assert (counts.params, counts.uncounted_ops) == (0, ())


def test_a_linear_layer_on_integers(tmp_path: Path) -> None:
    stored = [*STORED, integers("w", 10, 3 * P, dtype=np.int8), integers("b", 10, dtype=np.int32)]
    flat = node("Flatten", ["q"], ["f"])
    reads = ["f", "s", "z", "w", "s", "z", "b", "s", "z"]
    counts = counts_of(
        model([ROUNDED, flat, own("QGemm", reads, "o", transB=1, alpha=1.0)], stored), tmp_path
    )
    linear = counts.ops[-1]
    assert (linear.kind, linear.macs, linear.flops) == ("linear", 10 * 3 * P, 2 * 10 * 3 * P + 10)
    assert linear.memory_bytes == 3 * P + 10 * 3 * P + 4 * 10 + 10
    assert counts.params == 10 * 3 * P + 10


def test_a_convolution_with_what_was_fused_into_it(tmp_path: Path) -> None:
    """As the graph was before it was optimised."""
    stored = [weight("w", 3, 3, 1, 1), weight("b", 3)]
    fused = own(
        "FusedConv",
        ["x", "w", "b", "x"],
        "o",
        activation="Clip",
        activation_params=[0.0, 6.0],
        kernel_shape=[1, 1],
    )
    graph = graph_of(model([fused], stored), tmp_path)
    assert [op.kind for op in graph.ops] == ["conv", "add", "relu6"]
    written = [
        node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[1, 1]),
        node("Add", ["c", "x"], ["a"]),
        node("Clip", ["a", "low", "high"], ["o"]),
    ]
    bounds = [numpy_helper.from_array(np.float32(value), name) for name, value in (("low", 0), ("high", 6))]
    plain = counts_of(model(written, [*stored, *bounds]), tmp_path)
    counts = counts_of(model([fused], stored), tmp_path)
    for column in ("macs", "flops", "params", "memory_bytes", "memory_fused_bytes"):
        assert getattr(counts, column) == getattr(plain, column)
    assert counts.macs == 9 * P


@pytest.mark.parametrize(
    ("made", "kinds"),
    [
        (own("FusedConv", ["x", "w"], "o", activation="Relu", kernel_shape=[1, 1]), ["conv", "relu"]),
        (
            own("FusedConv", ["x", "w"], "o", activation="LeakyRelu", activation_params=[0.1]),
            ["conv", "leaky_relu"],
        ),
        (own("FusedConv", ["x", "w", "", "x"], "o"), ["conv", "add"]),
        (own("FusedGemm", ["v", "u"], "o", transB=1, activation="Relu"), ["linear", "relu"]),
        (
            own("FusedGemm", ["v", "u"], "o", transB=1, activation="LeakyRelu", activation_alpha=0.2),
            ["linear", "leaky_relu"],
        ),
        (own("Gelu", ["x"], "o"), ["gelu"]),
        (own("FastGelu", ["x"], "o"), ["gelu"]),
        (own("FastGelu", ["x", "t"], "o"), ["add", "gelu"]),
        (own("BiasGelu", ["x", "t"], "o"), ["add", "gelu"]),
        (own("QuickGelu", ["x"], "o", alpha=1.0), ["silu"]),
    ],
)
def test_what_an_optimised_graph_consists_of(made: Any, kinds: list[str], tmp_path: Path) -> None:
    stored = [weight("w", 3, 3, 1, 1), weight("u", 4, 5), weight("t", 8)]
    inputs = {"x": (1, 3, 8, 8), "v": (1, 5)}
    counts = counts_of(model([made], stored, inputs=inputs), tmp_path, (1, 3, 8, 8), (1, 5))
    assert [op.kind for op in counts.ops] == kinds
    assert counts.uncounted_ops == ()


@pytest.mark.parametrize("opset", [9, 10, 11, 13])
@pytest.mark.parametrize(
    ("made", "kinds"),
    [
        (
            own("FusedConv", ["x", "w"], "o", activation="Clip", activation_params=[0.0, 6.0]),
            ["conv", "relu6"],
        ),
        (
            own("FusedGemm", ["v", "u", "t"], "o", activation="Clip", activation_min=0.0, activation_max=6.0),
            ["linear", "relu6"],
        ),
        (
            own("FusedGemm", ["v", "u", "t"], "o", activation="Clip", activation_max=1.0),
            ["linear", "clamp"],
        ),
        (own("FusedGemm", ["v", "u", "t"], "o", activation="Clip"), ["linear", "clamp"]),
    ],
)
def test_bounds_stand_where_the_version_has_them(
    made: Any, kinds: list[str], opset: int, tmp_path: Path
) -> None:
    stored = [weight("w", 3, 3, 1, 1), weight("u", 5, 4), weight("t", 4)]
    inputs = {"x": (1, 3, 8, 8), "v": (1, 5)}
    counts = counts_of(model([made], stored, inputs=inputs, opset=opset), tmp_path, (1, 3, 8, 8), (1, 5))
    assert [op.kind for op in counts.ops] == kinds


def test_channels_that_lie_last_are_not_taken_for_others(tmp_path: Path) -> None:
    pool = own("QLinearGlobalAveragePool", ["q", "s", "z", "s", "z"], "o", channels_last=1)
    nodes = [ROUNDED, pool, node("Identity", ["o"], ["p"])]
    made = model(nodes, STORED, value_info=[helper.make_tensor_value_info("o", 2, (1, 1, 1, 8))])
    counts = counts_of(made, tmp_path)
    assert counts.uncounted_ops == (("com.microsoft.QLinearGlobalAveragePool", 1),)


def network() -> Any:
    """Two convolutions with a sum, a concatenation, pooling and a linear layer."""
    rng = np.random.default_rng(0)

    def drawn(name: str, *shape: int) -> Any:
        return numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name)

    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]),
        node("Conv", ["r", "v"], ["d"], kernel_shape=[1, 1]),
        node("Add", ["d", "r"], ["a"]),
        node("Concat", ["a", "r"], ["j"], axis=1),
        node("GlobalAveragePool", ["j"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "u", "t"], ["o"], transB=1),
    ]
    stored = [
        drawn("w", 4, 3, 3, 3),
        drawn("b", 4),
        drawn("v", 4, 4, 1, 1),
        drawn("u", 10, 8),
        drawn("t", 10),
    ]
    made = model(nodes, stored, inputs={"x": (1, 3, 8, 8)}, opset=17)
    made.graph.output[0].type.tensor_type.shape.dim.add(dim_value=1)
    made.graph.output[0].type.tensor_type.shape.dim.add(dim_value=10)
    return made


class Batches:
    """What the network is calibrated on."""

    def __init__(self) -> None:
        self.left = [np.random.default_rng(seed).normal(size=(1, 3, 8, 8)) for seed in range(3)]

    def get_next(self) -> dict[str, Any] | None:
        return {"x": self.left.pop().astype(np.float32)} if self.left else None


@pytest.mark.runtimes
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_as_the_tool_writes_it(tmp_path: Path) -> None:
    quantization = pytest.importorskip("onnxruntime.quantization", reason="onnxruntime is not installed")
    plain = counts_of(network(), tmp_path)
    made = tmp_path / "quantised.onnx"
    quantization.quantize_static(
        str(save(network(), tmp_path)), str(made), Batches(), quant_format=quantization.QuantFormat.QOperator
    )
    written = {each.op_type for each in load(made).graph.node}
    assert {"QLinearAdd", "QLinearConcat", "QLinearGlobalAveragePool", "QGemm"} <= written
    counts = count_graph(open_onnx(made).graph(((1, 3, 8, 8),), "float32"))
    assert (counts.macs, counts.params, counts.uncounted_ops) == (plain.macs, plain.params, ())
    assert (
        counts.memory_fused_bytes < plain.memory_fused_bytes / 2
    )  # what comes in and goes out stays in floats


@pytest.mark.runtimes
def test_as_a_session_saves_it(tmp_path: Path) -> None:
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(str(save(network(), tmp_path)), options, providers=["CPUExecutionProvider"])
    found = load(tmp_path / "optimised.onnx")
    assert "FusedConv" in {each.op_type for each in found.graph.node}
    plain, counts = counts_of(network(), tmp_path), counts_of(found, tmp_path)
    for column in ("macs", "flops", "params", "memory_fused_bytes", "uncounted_ops"):
        assert getattr(counts, column) == getattr(plain, column)
