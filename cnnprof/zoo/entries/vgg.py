"""VGG-16 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, "1409.1556")
TORCHVISION = "torchvision 0.29.1 weights"

ENTRIES = (
    Entry(
        "vgg16",
        "vgg",
        PAPER,
        "vgg:vgg16",
        Reference("torchvision 0.29.1 vgg16", 138_357_544, 15_470_264_320),
        params=Figure(138e6, 1e6, "MobileNet V1 paper, Table 8"),
        macs=Figure(15.47e9, 0.01e9, TORCHVISION),
        metric=Figure(71.592, 0.001, TORCHVISION),
        notes=(
            "configuration D, without batch norm",
            "papers print 15.3 G, the convolutions alone; the linear layers add 124 M",
        ),
    ),
)
