"""DenseNet-121 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Densely Connected Convolutional Networks", 2016, "1608.06993")
TORCHVISION = "torchvision 0.29.1 weights"

ENTRIES = (
    Entry(
        "densenet121",
        "densenet",
        PAPER,
        "densenet:densenet121",
        Reference("torchvision 0.29.1 densenet121", 7_978_856, 2_834_161_664),
        params=Figure(7_978_856, 1, TORCHVISION),
        macs=Figure(2.834e9, 0.001e9, TORCHVISION),
        metric=Figure(75.0, 0.1, "README of liuzhuang13/DenseNet"),
        notes=(
            "every dense layer joins all earlier maps anew, as in torchvision: the copies cost memory access",
        ),
    ),
)
