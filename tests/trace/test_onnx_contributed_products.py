"""Operators of ONNX Runtime's own that no standard one says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, load

from cnnprof.cost.count import count_graph
from cnnprof.trace.onnx import open_onnx
from tests.trace.onnx_nets import counts_of, graph_of, integers, model, own, save, weight

node = helper.make_node
P = 8 * 8  # elements of a channel


SCALES = [weight("s"), integers("z")]


@pytest.mark.parametrize(("scale", "held"), [(["s", "z"], 1), (["s"], 1), (["", ""], 4), ([], 4)])
def test_a_linear_layer_without_a_scale_for_its_result_writes_floats(
    scale: list[str], held: int, tmp_path: Path
) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        own("QGemm", ["q", "s", "z", "w", "s", "z", "b", *scale], "o", transB=1),
    ]
    stored = [*SCALES, integers("w", 10, 24), integers("b", 10, dtype=np.int32)]
    made = model(nodes, stored, inputs={"x": ("N", 24)})
    linear = counts_of(made, tmp_path, (1, 24)).ops[-1]
    assert (linear.kind, linear.macs, linear.flops) == ("linear", 240, 2 * 240 + 10)
    assert linear.memory_bytes == 24 + 240 + 4 * 10 + held * 10


LINEAR = [weight("w", 24, 10), weight("b", 10)]
ROUNDED = [*SCALES, integers("w", 24, 10), weight("b", 10)]


@pytest.mark.parametrize("shape", [(1, 24), (1, 5, 24)])
def test_products_of_integers_that_write_floats(shape: tuple[int, ...], tmp_path: Path) -> None:
    rows = shape[1] if len(shape) == 3 else 1
    inputs = {"x": shape}
    floats = [node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "b"], ["o"])]
    plain = counts_of(model(floats, LINEAR, inputs=inputs), tmp_path, shape)
    dynamic = [own("DynamicQuantizeMatMul", ["x", "w", "s", "z", "b"], "o")]
    counts = counts_of(model(dynamic, ROUNDED, inputs=inputs), tmp_path, shape)
    assert [op.kind for op in counts.ops] == ["linear"]
    assert (counts.macs, counts.params, counts.flops) == (plain.macs, plain.params, plain.flops)
    assert (counts.macs, counts.params, counts.uncounted_ops) == (240 * rows, 250, ())
    assert counts.memory_bytes == 4 * 24 * rows + 240 + 4 * 10 + 4 * 10 * rows
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        own("MatMulIntegerToFloat", ["q", "w", "qs", "s", "qz", "z", "b"], "o"),
    ]
    counts = counts_of(model(nodes, ROUNDED, inputs=inputs), tmp_path, shape)
    assert (counts.macs, counts.params, counts.uncounted_ops) == (plain.macs, plain.params, ())
    assert counts.ops[-1].memory_bytes == 24 * rows + 240 + 4 * 10 + 4 * 10 * rows


def test_a_product_without_bias(tmp_path: Path) -> None:
    nodes = [own("DynamicQuantizeMatMul", ["x", "w", "s"], "o")]
    counts = counts_of(model(nodes, ROUNDED, inputs={"x": (1, 24)}), tmp_path, (1, 24))
    assert (counts.macs, counts.flops, counts.params) == (240, 480, 240)


def test_a_product_that_reads_an_operand_transposed(tmp_path: Path) -> None:
    nodes = [own("FusedMatMul", ["x", "x"], "o", alpha=0.5, transB=1)]
    graph = graph_of(model(nodes, inputs={"x": (2, 16, 32)}), tmp_path, (2, 16, 32))
    assert graph.outputs[0].shape == (2, 16, 16)
    counts = count_graph(graph)
    assert [(op.kind, op.macs) for op in counts.ops] == [("matmul", 2 * 16 * 16 * 32)]
    assert counts.memory_bytes == 4 * 2 * (16 * 32 + 16 * 32 + 16 * 16)


@pytest.mark.parametrize(
    ("shape", "attributes", "result", "inner"),
    [
        ((24, 5), {"transA": 1}, (5, 10), 24),
        ((5, 24), {}, (5, 10), 24),
    ],
)
def test_a_weight_in_such_a_product(
    shape: tuple[int, ...], attributes: dict[str, int], result: tuple[int, ...], inner: int, tmp_path: Path
) -> None:
    made = model([own("FusedMatMul", ["x", "w"], "o", **attributes)], LINEAR[:1], inputs={"x": shape})
    graph = graph_of(made, tmp_path, shape)
    assert graph.outputs[0].shape == result
    counts = count_graph(graph)
    assert [op.kind for op in counts.ops] == ["linear"]
    assert (counts.macs, counts.params) == (int(np.prod(result)) * inner, 240)


def test_rows_that_lie_before_the_batch(tmp_path: Path) -> None:
    nodes = [own("FusedMatMul", ["x", "x"], "o", transBatchA=1, transBatchB=1, transB=1)]
    graph = graph_of(model(nodes, inputs={"x": (5, 2, 24)}), tmp_path, (5, 2, 24))
    assert graph.outputs[0].shape == (2, 5, 5)
    assert count_graph(graph).macs == 2 * 5 * 5 * 24


@pytest.mark.parametrize("opset", [9, 10, 11, 17, 21])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_rounding_to_any_dtype_with_operators_of_any_version(
    opset: int, dtype: type[np.generic], tmp_path: Path
) -> None:
    held = np.dtype(dtype).itemsize
    nodes = [
        own("QuantizeLinear", ["x", "s", "z"], "q"),
        own("DequantizeLinear", ["q", "s", "z"], "d"),
        own("DequantizeLinear", ["w", "each", "zeros"], "v", axis=0),
        node("Conv", ["d", "v"], ["o"]),
    ]
    stored = [
        weight("s"), integers("z", dtype=dtype), integers("w", 6, 3, 1, 1, dtype=dtype), weight("each", 6),
        integers("zeros", 6, dtype=dtype),
    ]  # fmt: skip
    counts = counts_of(model(nodes, stored, opset=opset), tmp_path)
    assert [op.kind for op in counts.ops] == ["quantize", "dequantize", "conv"]
    assert (counts.params, counts.macs, counts.uncounted_ops) == (18, 18 * P, ())
    moved = [op.memory_bytes for op in counts.ops]
    assert moved == [(4 + held) * 3 * P, (4 + held) * 3 * P, 4 * (3 + 6) * P + held * 18]


def test_without_a_zero_point_the_integers_are_bytes(tmp_path: Path) -> None:
    graph = graph_of(model([own("QuantizeLinear", ["x", "s"], "q")], SCALES), tmp_path)
    assert graph.outputs[0].dtype == "uint8"


@pytest.mark.runtimes
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dynamically_quantised_file_as_a_session_saves_it(tmp_path: Path) -> None:
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    quantization = pytest.importorskip("onnxruntime.quantization", reason="onnxruntime is not installed")
    nodes = [node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "b"], ["a"]), node("Relu", ["a"], ["o"])]
    made = model(nodes, LINEAR, inputs={"x": (1, 24)}, opset=17)
    for size in (1, 10):
        made.graph.output[0].type.tensor_type.shape.dim.add(dim_value=size)
    quantization.quantize_dynamic(str(save(made, tmp_path)), str(tmp_path / "quantised.onnx"))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(str(tmp_path / "quantised.onnx"), options, providers=["CPUExecutionProvider"])
    written = {each.op_type for each in load(tmp_path / "optimised.onnx").graph.node}
    assert "DynamicQuantizeMatMul" in written
    counts = count_graph(open_onnx(tmp_path / "optimised.onnx").graph(((1, 24),), "float32"))
    assert (counts.macs, counts.params, counts.uncounted_ops) == (240, 250, ())
