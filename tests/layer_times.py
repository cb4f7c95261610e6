"""Layer times made by hand: three calls of the factory's network, each second written out."""

from __future__ import annotations

from cnnprof.records.layer_times import LayerTime, LayerTimes
from cnnprof.records.timing import Ratio

SLOWDOWN = Ratio(1.052, 1.031, 1.073, "slower", 40)

# ops of tests.factory: 0 conv, 1 batch_norm, 2 relu, 3 conv, 4 view, 5 linear; the third call was disturbed
LAYERS = (
    LayerTime("conv2d", ("features.0.conv",), (0,), (0.0010, 0.0012, 0.0090)),
    LayerTime("batch_norm", ("features.0.norm",), (1,), (0.0002, 0.0002, 0.0002)),
    LayerTime("relu", ("features.0.act",), (2,), (0.0001, 0.0003, 0.0001)),
    LayerTime("conv2d", ("features.1.conv",), (3,), (0.0040, 0.0044, 0.0040)),
    LayerTime("flatten", ("",), (4,), (0.000004, 0.000006, 0.000004)),
    LayerTime("contiguous", ("",), (), (0.000001, 0.000003, 0.000001)),
    LayerTime("linear", ("classifier",), (5,), (0.0005, 0.0005, 0.0005)),
)
TOTAL = (0.0066, 0.0074, 0.0150)


def layer_times() -> LayerTimes:
    return LayerTimes("eager", LAYERS, TOTAL, slowdown=SLOWDOWN, counted=(0, 1), bandwidth=20e9)


def fused_times() -> LayerTimes:
    """The same network on a runtime that fuses the first three ops, and names nothing for the view."""
    layers = (
        LayerTime("Conv_0_fused", ("features.0.conv", "features.0.norm"), (0, 1, 2), (0.0004, 0.0004)),
        LayerTime("Conv_1", ("features.1.conv",), (3,), (0.0010, 0.0012)),
    )
    return LayerTimes("onnxruntime", layers, (0.0016, 0.0018))
