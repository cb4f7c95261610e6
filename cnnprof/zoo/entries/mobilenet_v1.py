"""MobileNet V1 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017, "1704.04861"
)
AT_WIDTH = "timm 1.0.31 mobilenetv1_100 at channel_multiplier"
entry = partial(Entry, family="mobilenet_v1", paper=PAPER, builder="mobilenet_v1:mobilenet_v1")

ENTRIES = (
    entry(
        "mobilenet_v1",
        reference=Reference("timm 1.0.31 mobilenetv1_100", 4_231_976, 568_740_352),
        params=Figure(4.2e6, 0.1e6, "Table 6"),
        macs=Figure(569e6, 1e6, "Table 6"),
        metric=Figure(70.6, 0.1, "Table 6"),
        notes=(
            "ReLU6 as in the authors' TensorFlow code and timm; the paper says ReLU; padding and batch norm are "
            "timm's, in TensorFlow strided convolutions pad even inputs less on the left and top, and eps is 1e-3",
            "Table 1 prints the last depthwise convolution with stride 2; its 7x7 output makes it 1",
            "575 M (MobileNetV2 paper) and 579 M (other lists) count more than the convolutions",
        ),
    ),
    entry(
        "mobilenet_v1_x0_75",
        reference=Reference(f"{AT_WIDTH} 0.75", 2_585_560, 325_400_448),
        arguments={"width_mult": 0.75},
        params=Figure(2.6e6, 0.1e6, "Table 6"),
        macs=Figure(325e6, 1e6, "Table 6"),
        metric=Figure(68.4, 0.1, "Table 6"),
        notes=("the authors' TensorFlow page prints 317 M multiply-adds, which the layers do not give",),
    ),
    entry(
        "mobilenet_v1_x0_5",
        reference=Reference(f"{AT_WIDTH} 0.5", 1_331_592, 149_497_088),
        arguments={"width_mult": 0.5},
        params=Figure(1.3e6, 0.1e6, "Table 6"),
        macs=Figure(149e6, 1e6, "Table 6"),
        metric=Figure(63.7, 0.1, "Table 6"),
    ),
    entry(
        "mobilenet_v1_x0_25",
        reference=Reference(f"{AT_WIDTH} 0.25", 470_072, 41_030_272),
        arguments={"width_mult": 0.25},
        params=Figure(0.5e6, 0.1e6, "Table 6"),
        macs=Figure(41e6, 1e6, "Table 6"),
        metric=Figure(50.6, 0.1, "Table 6"),
    ),
)
