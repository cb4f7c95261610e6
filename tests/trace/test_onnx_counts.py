"""What ONNX operators cost, with the products written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

import numpy as np
from onnx import helper, numpy_helper
from torch import nn

from cnnprof.cost.count import count_graph
from cnnprof.errors import ModelError
from cnnprof.trace.trace import trace_model
from tests.trace.onnx_nets import counts_of, graph_of, model, numbers, weight

node = helper.make_node


def test_convolution_batch_norm_and_classifier(tmp_path: Path) -> None:
    made = model(
        [
            node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
            node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"]),
            node("Relu", ["n"], ["r"]),
            node("GlobalAveragePool", ["r"], ["p"]),
            node("Flatten", ["p"], ["f"]),
            node("Gemm", ["f", "fc", "fb"], ["o"], transB=1),
        ],
        [
            weight("w", 6, 3, 3, 3),
            *(weight(name, 6) for name in ("scale", "shift", "mean", "var")),
            weight("fc", 10, 6),
            weight("fb", 10),
        ],
    )
    counts = counts_of(made, tmp_path, (2, 3, 8, 8))
    assert [op.kind for op in counts.ops] == [
        "conv", "batch_norm", "relu", "adaptive_avg_pool", "view", "linear",
    ]  # fmt: skip
    assert counts.macs == 2 * 6 * 4 * 4 * 3 * 3 * 3 + 2 * 10 * 6
    assert counts.params == 6 * 3 * 9 + 6 + 6 + 10 * 6 + 10  # means and variances are not trained
    elements = 2 * 6 * 4 * 4
    assert counts.flops == 2 * counts.macs + 2 * elements + elements + elements + 2 * 10
    assert counts.memory_paper_bytes == 4 * (2 * 3 * 64 + elements + 6 * 27) + 4 * (2 * 6 + 2 * 10 + 60)
    assert counts.ops[4].memory_bytes == 0
    assert counts.peak_bytes == 4 * (2 * 3 * 64 + elements)  # the picture and what the convolution writes
    assert counts.uncounted_ops == ()


@pytest.mark.parametrize(
    ("made", "shape", "macs"),
    [
        (node("Conv", ["x", "w"], ["o"], group=3), (6, 1, 3, 3), 6 * 6 * 6 * 1 * 9),
        (
            node("Conv", ["x", "w"], ["o"], auto_pad="SAME_UPPER", strides=[2, 2]),
            (5, 3, 3, 3),
            5 * 4 * 4 * 27,
        ),
        (node("ConvTranspose", ["x", "w"], ["o"], strides=[2, 2]), (3, 4, 2, 2), 3 * 8 * 8 * 4 * 4),
        (node("MatMul", ["x", "w"], ["o"]), (8, 7), 3 * 8 * 7 * 8),
        (node("Gemm", ["x", "w"], ["o"]), (8, 7), 5 * 7 * 8),
    ],
)
def test_products_of_a_weight(made: Any, shape: tuple[int, ...], macs: int, tmp_path: Path) -> None:
    flat = made.op_type == "Gemm"
    inputs = {"x": ("N", 8) if flat else ("N", 3, 8, 8)}
    counts = counts_of(
        model([made], [weight("w", *shape)], inputs=inputs), tmp_path, (5, 8) if flat else (1, 3, 8, 8)
    )
    assert counts.macs == macs
    elements = 1
    for size in shape:
        elements *= size
    assert counts.params == elements


def test_padding_is_that_of_both_sides(tmp_path: Path) -> None:
    made = node("Conv", ["x", "w"], ["o"], auto_pad="SAME_LOWER", strides=[2, 2])
    (op,) = graph_of(model([made], [weight("w", 5, 3, 3, 3)]), tmp_path).ops
    assert op.attributes["padding"] == (1, 1)  # 3 outputs apart by 2 reach to 2*3 + 3 = 9 of 8
    assert op.outputs[0].shape == (1, 5, 4, 4)


@pytest.mark.parametrize(
    ("made", "kind", "flops"),
    [
        (node("MaxPool", ["x"], ["o"], kernel_shape=[2, 2], strides=[2, 2]), "max_pool", 3 * 16 * 4),
        # 3x3 windows at a step of 2 from -1: 2 columns, then 3, 3, 3
        (
            node("AveragePool", ["x"], ["o"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0]),
            "avg_pool",
            3 * 11 * 11,
        ),
        (node("Sigmoid", ["x"], ["o"]), "sigmoid", 4 * 192),
        (node("HardSwish", ["x"], ["o"]), "hard_swish", 4 * 192),
        (node("Softmax", ["x"], ["o"]), "softmax", 5 * 192),
        (node("Atan", ["x"], ["o"]), "exp", 192),
        (node("Shrink", ["x"], ["o"], lambd=0.5), "relu", 192),
        (node("Shrink", ["x"], ["o"], lambd=0.5, bias=0.5), "soft_shrink", 2 * 192),
        (node("Add", ["x", "x"], ["o"]), "add", 192),
        (node("Sum", ["x", "x", "x", "x"], ["o"]), "add", 3 * 192),
        (node("Max", ["x", "x", "x"], ["o"]), "maximum", 2 * 192),
        (node("Min", ["x", "x"], ["o"]), "minimum", 192),
        (node("Sum", ["x"], ["o"]), "add", 0),
        (node("ReduceMean", ["x", "axes"], ["o"]), "reduce", 192),
        (node("Transpose", ["x"], ["o"], perm=[0, 2, 3, 1]), "copy", 0),
        (node("Concat", ["x", "x"], ["o"], axis=1), "concat", 0),
        (node("Pad", ["x", "pads"], ["o"]), "pad", 0),
        (node("Slice", ["x", "zero", "axes", "one"], ["o"]), "gather", 0),
        (node("Resize", ["x", "", "", "sizes"], ["o"], mode="linear"), "upsample_bilinear", 7 * 3 * 256),
        (node("Resize", ["x", "", "", "sizes"], ["o"], mode="cubic"), "upsample_bicubic", 31 * 3 * 256),
        (node("Resize", ["x", "", "", "sizes"], ["o"]), "upsample_nearest", 0),
        (node("GridSample", ["x", "grid"], ["o"]), "upsample_bilinear", 7 * 3 * 5 * 6),
    ],
)
def test_ops_without_products(made: Any, kind: str, flops: int, tmp_path: Path) -> None:
    stored = [
        numbers("axes", 2),
        numbers("zero", 0),
        numbers("one", 1),
        numbers("pads", 0, 0, 1, 1, 0, 0, 1, 1),
        numbers("sizes", 1, 3, 16, 16),
        numpy_helper.from_array(np.zeros((1, 5, 6, 2), dtype=np.float32), "grid"),
    ]
    counts = counts_of(model([made], stored), tmp_path)
    assert [op.kind for op in counts.ops] == [kind]
    assert (counts.macs, counts.flops, counts.params, counts.uncounted_ops) == (0, flops, 0, ())


def test_scales_of_a_resize_are_not_read_from_memory(tmp_path: Path) -> None:
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], dtype=np.float32), "scales")
    counts = counts_of(model([node("Resize", ["x", "", "scales"], ["o"])], [scales]), tmp_path)
    assert counts.memory_bytes == 4 * (192 + 4 * 192)


@pytest.mark.parametrize(("bounds", "kind"), [((0.0, 6.0), "relu6"), ((-1.0, 1.0), "clamp")])
def test_clip_is_known_by_its_bounds(bounds: tuple[float, float], kind: str, tmp_path: Path) -> None:
    stored = [
        numpy_helper.from_array(np.array(value, dtype=np.float32), name)
        for name, value in zip(("low", "high"), bounds, strict=True)
    ]
    counts = counts_of(model([node("Clip", ["x", "low", "high"], ["o"])], stored), tmp_path)
    assert [op.kind for op in counts.ops] == [kind]
    assert counts.params == 0


def test_products_of_two_activations(tmp_path: Path) -> None:
    shapes = {"x": ("N", 4, 5, 6), "y": ("N", 4, 6, 7)}
    by_matmul = model([node("MatMul", ["x", "y"], ["o"])], inputs=shapes)
    by_einsum = model([node("Einsum", ["x", "y"], ["o"], equation="nhij,nhjk->nhik")], inputs=shapes)
    for made in (by_matmul, by_einsum):
        counts = counts_of(made, tmp_path, (2, 4, 5, 6), (2, 4, 6, 7))
        assert counts.macs == 2 * 4 * 5 * 7 * 6
        assert counts.memory_paper_bytes == 0


def shape_arithmetic() -> Any:
    """``x.reshape(x.shape[0], -1)`` as exporters write it for an open batch."""
    return model(
        [
            node("Shape", ["x"], ["sizes"]),
            node("Gather", ["sizes", "first"], ["batch"]),
            node("Concat", ["batch", "rest"], ["wanted"], axis=0),
            node("Reshape", ["x", "wanted"], ["flat"]),
            node("MatMul", ["flat", "w"], ["o"]),
        ],
        [numbers("first", 0), numbers("rest", -1), weight("w", 192, 10)],
    )


def test_arithmetic_on_shapes_is_folded_and_free(tmp_path: Path) -> None:
    counts = counts_of(shape_arithmetic(), tmp_path, (4, 3, 8, 8))
    assert [op.kind for op in counts.ops] == ["view", "linear"]
    assert counts.macs == 4 * 192 * 10
    assert counts.params == 192 * 10


def test_a_weight_computed_from_weights_is_counted_once(tmp_path: Path) -> None:
    made = model(
        [
            node("Transpose", ["w"], ["turned"], perm=[1, 0]),
            node("MatMul", ["x", "turned"], ["y"]),
            node("MatMul", ["y", "turned"], ["o"]),
        ],
        [weight("w", 8, 8)],
    )
    counts = counts_of(made, tmp_path)
    assert counts.params == 64
    assert counts.macs == 2 * 3 * 8 * 8 * 8
    assert [op.params for op in counts.ops] == [64, 0]


def test_a_known_branch_is_followed(tmp_path: Path) -> None:
    def branch(op: str, name: str) -> Any:
        value = helper.make_tensor_value_info(name, 1, None)
        return helper.make_graph([node(op, ["x"], [name])], op, [], [value])

    made = model(
        [
            node("Shape", ["x"], ["sizes"]),
            node("Gather", ["sizes", "one"], ["channels"]),
            node("Equal", ["channels", "three"], ["is_picture"]),
            node(
                "If", ["is_picture"], ["o"], then_branch=branch("Relu", "a"), else_branch=branch("Exp", "b")
            ),
        ],
        [numbers("one", 1), numbers("three", 3)],
    )
    assert [op.kind for op in counts_of(made, tmp_path).ops] == ["relu"]


@pytest.mark.parametrize("size", [3, 5])
def test_a_norm_over_neighbouring_channels_computes_what_torchs_does(size: int, tmp_path: Path) -> None:
    counts = counts_of(model([node("LRN", ["x"], ["o"], size=size)]), tmp_path)
    torchs = count_graph(trace_model(nn.LocalResponseNorm(size), [(1, 3, 8, 8)]))
    assert counts.uncounted_ops == torchs.uncounted_ops == ()
    # square, mean over so many channels, times alpha, plus k, power, division
    assert counts.flops == torchs.flops == (1 + size + 1 + 1 + 1 + 1) * 192
    assert counts.memory_bytes == 4 * 2 * 192


def test_unknown_ops_are_named_not_skipped(tmp_path: Path) -> None:
    made = model(
        [
            node("Magic", ["x"], ["m"], domain="custom"),
            node("Hardmax", ["m"], ["l"]),
            node("Relu", ["l"], ["o"]),
        ],
        value_info=[helper.make_tensor_value_info("m", 1, ["N", 3, 8, 8])],
    )
    counts = counts_of(made, tmp_path, (2, 3, 8, 8))
    assert counts.uncounted_ops == (("Hardmax", 1), ("custom.Magic", 1))
    assert counts.flops == 2 * 192


@pytest.mark.parametrize(
    "made",
    [
        node("MeanVarianceNormalization", ["x"], ["n"]),
        node("SkipLayerNormalization", ["x", "x", "w"], ["n"], domain="com.microsoft"),
    ],
)
def test_other_norms_keep_their_shape(made: Any, tmp_path: Path) -> None:
    counts = counts_of(model([made, node("Relu", ["n"], ["o"])], [weight("w", 8)]), tmp_path)
    assert [op.kind for op in counts.ops][-2:] == ["layer_norm", "relu"]
    assert counts.ops[-1].output_shapes == ((1, 3, 8, 8),)


def test_an_operator_that_onnx_does_not_know_is_named(tmp_path: Path) -> None:
    made = model(
        [node("NhwcFusedConv", ["x", "w"], ["o"], domain="com.microsoft")], [weight("w", 6, 3, 1, 1)]
    )
    with pytest.raises(ModelError, match=r"'o'.*infers none.*com\.microsoft\.NhwcFusedConv") as caught:
        counts_of(made, tmp_path)
    assert "standard operators" in caught.value.hint


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            node("Conv", ["x", "w"], ["o"], name="first"),
            r"node 'first' \(Conv\) expects 4 input channels, got 3",
        ),
        (node("MatMul", ["x", "w"], ["o"]), "cannot take 1x3x8x8 and 6x4x3x3"),
        (node("MaxPool", ["x"], ["o"], kernel_shape=[9, 9]), "does not fit its input"),
        (node("Relu", ["nowhere"], ["o"]), "reads 'nowhere'"),
    ],
)
def test_what_cannot_run_says_where(made: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        counts_of(model([made], [weight("w", 6, 4, 3, 3)]), tmp_path)


def test_folded_batch_norm_is_noted(tmp_path: Path) -> None:
    conv = node("Conv", ["x", "w", "b"], ["o"])
    stored = [weight("w", 6, 3, 3, 3), weight("b", 6)]
    assert "batch norm" in graph_of(model([conv], stored), tmp_path).warnings[0]
    assert graph_of(model([node("Conv", ["x", "w"], ["o"])], stored), tmp_path).warnings == ()


def test_a_norm_of_each_channel_is_a_reduction(tmp_path: Path) -> None:
    pooled = counts_of(model([node("GlobalLpPool", ["x"], ["o"], p=2)]), tmp_path)
    reduced = counts_of(model([node("ReduceL2", ["x"], ["o"], axes=[2, 3])], opset=13), tmp_path)
    assert [(op.kind, op.flops) for op in pooled.ops] == [("reduce", 3 * 64)]
    assert (pooled.flops, pooled.memory_bytes) == (reduced.flops, reduced.memory_bytes)
