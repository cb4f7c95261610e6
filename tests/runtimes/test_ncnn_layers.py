"""ncnn's layers get their modules back from the order of the trace, or none at all."""

from __future__ import annotations

from cnnprof.runtimes.ncnn.layers import Row, name_layers
from cnnprof.runtimes.ncnn.pnnx import TracedCall

PARAM = """7767517
7 8
Input in0 0 1 in0
Convolution convclip_0 1 1 in0 1 0=32 1=3 -23310=2,0.0,6.0 11=3 4=1 5=1 6=864 9=3
Split splitncnn_0 1 2 1 2 3
ConvolutionDepthWise convdw_0 1 1 2 4 0=32 1=3 6=288 7=32
HardSwish hswish_0 1 1 4 5
BinaryOp add_0 2 1 3 5 6 0=0
InnerProduct linear_0 1 1 6 out0 0=10 1=1 2=320
"""
CALLS = [
    TracedCall("_convolution", "stem.conv", (1, 32, 8, 8)),
    TracedCall("batch_norm", "stem.norm", (1, 32, 8, 8)),
    TracedCall("hardtanh_", "stem.act", (1, 32, 8, 8)),
    TracedCall("_convolution", "body.conv", (1, 32, 8, 8)),
    TracedCall("batch_norm", "body.norm", (1, 32, 8, 8)),
    TracedCall("hardswish_", "body.act", (1, 32, 8, 8)),
    TracedCall("add", "", (1, 32, 8, 8)),
    TracedCall("linear", "fc", (1, 10)),
]


def test_a_line_of_the_param_file() -> None:
    line = PARAM.splitlines()[3]
    assert Row.read(line) == Row("Convolution", "convclip_0", 32, "Clip")
    assert Row.read(PARAM.splitlines()[7]) == Row(
        "BinaryOp", "add_0", 0, ""
    )  # its 0= is no number of channels


def test_layers_are_named_by_what_was_fused_into_them() -> None:
    assert name_layers(PARAM, CALLS) == [
        ("convclip_0", ("stem.conv", "stem.norm", "stem.act"), ("Convolution", "Clip")),
        ("splitncnn_0", (), ("Split",)),
        ("convdw_0", ("body.conv", "body.norm"), ("ConvolutionDepthWise",)),
        ("hswish_0", ("body.act",), ("HardSwish",)),
        ("add_0", ("",), ("BinaryOp",)),  # called by the network itself
        ("linear_0", ("fc",), ("InnerProduct",)),
    ]


def test_where_the_channels_disagree_no_convolution_has_a_path() -> None:
    swapped = [CALLS[7], *CALLS[:7]]
    named = {name: paths for name, paths, _ in name_layers(PARAM, swapped)}
    assert named["convclip_0"] == named["convdw_0"] == named["linear_0"] == ()
    assert named["hswish_0"] == ("body.act",)


def test_where_the_numbers_disagree_none_has_a_path() -> None:
    named = {name: paths for name, paths, _ in name_layers(PARAM, CALLS[3:])}
    assert named["convclip_0"] == named["convdw_0"] == ()
    assert named["hswish_0"] == ("body.act",)


def test_an_activation_of_its_own_is_none_that_was_fused() -> None:
    param = """7767517
3 3
Input in0 0 1 in0
Convolution convrelu_0 1 1 in0 1 0=32 1=3 6=864 9=1
ReLU relu_1 1 1 1 out0
"""
    calls = [
        TracedCall("_convolution", "conv1", (1, 32, 8, 8)),
        TracedCall("relu", "", (1, 32, 8, 8)),
        TracedCall("relu_", "layer1.0", (1, 32, 8, 8)),
    ]
    assert name_layers(param, calls) == [
        ("convrelu_0", ("conv1", ""), ("Convolution", "ReLU")),
        ("relu_1", ("layer1.0",), ("ReLU",)),
    ]


def test_a_shuffle_is_the_transposition_of_the_trace() -> None:
    param = "7767517\n2 2\nInput in0 0 1 in0\nShuffleChannel shuffle_0 1 1 in0 out0 0=2 1=0\n"
    calls = [TracedCall(op, "block", (1, 4, 8, 8)) for op in ("view", "transpose", "contiguous", "view")]
    assert name_layers(param, calls) == [("shuffle_0", ("block",), ("ShuffleChannel",))]
