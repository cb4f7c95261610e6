"""MobileNet V4's convolutional networks as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("MobileNetV4: Universal Models for the Mobile Ecosystem", 2024, "2404.10518")
SOURCES = (
    "the paper's Tables 11 to 14, the authors' TensorFlow code and timm have the same layers; padding and batch norm "
    "are timm's, in TensorFlow strided convolutions pad even inputs less on the left and top, and eps is 1e-3"
)
entry = partial(Entry, family="mobilenet_v4", paper=PAPER, notes=(SOURCES,))

ENTRIES = (
    entry(
        "mobilenet_v4_conv_small",
        builder="mobilenet_v4:mobilenet_v4_conv_small",
        reference=Reference("timm 1.0.31 mobilenetv4_conv_small", 3_774_024, 186_005_568),
        params=Figure(3.8e6, 0.1e6, "Table 6"),
        macs=Figure(0.2e9, 0.1e9, "Table 6"),
        metric=Figure(73.8, 0.1, "Table 6"),
    ),
    entry(
        "mobilenet_v4_conv_medium",
        builder="mobilenet_v4:mobilenet_v4_conv_medium",
        reference=Reference("timm 1.0.31 mobilenetv4_conv_medium", 9_715_512, 1_080_244_224),
        input=(3, 256, 256),
        params=Figure(9.2e6, 0.1e6, "Table 6"),
        macs=Figure(1.0e9, 0.1e9, "Table 6"),
        metric=Figure(79.9, 0.1, "Table 6"),
        differs="the layers the paper lists, and the authors' code, have 9.7 M parameters",
    ),
    entry(
        "mobilenet_v4_conv_large",
        builder="mobilenet_v4:mobilenet_v4_conv_large",
        reference=Reference("timm 1.0.31 mobilenetv4_conv_large", 32_590_864, 6_376_220_672),
        input=(3, 384, 384),
        params=Figure(31e6, 1e6, "Table 6"),
        macs=Figure(5.9e9, 0.1e9, "Table 6"),
        metric=Figure(82.9, 0.1, "Table 6"),
        differs="the layers the paper lists, and the authors' code, have 32.6 M parameters and 6.4 G macs",
    ),
)
