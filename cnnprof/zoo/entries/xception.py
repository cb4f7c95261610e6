"""Xception as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Xception: Deep Learning with Depthwise Separable Convolutions", 2016, "1610.02357")

ENTRIES = (
    Entry(
        "xception",
        "xception",
        PAPER,
        "xception:xception",
        Reference("pytorchcv 0.0.74 xception", 22_855_952, 8_357_403_496),
        input=(3, 299, 299),
        params=Figure(22_855_952, 1, "Table 3"),
        macs=Figure(8.4e9, 0.1e9, "EfficientNet paper, Table 2"),
        metric=Figure(79.0, 0.1, "Table 1"),
        notes=(
            "shortcuts run before the layers beside them, as in the author's Keras code; in timm, after",
            "ReLUs run in place wherever their input is not read again, as in timm; pytorchcv's modules copy",
            "Keras sets the eps of batch norm to 0.001 and pads pools of even size on one side only; "
            "the PyTorch copies, followed here, keep 0.00001 and pad both sides: the counts are the same",
            "Keras counts 54,528 statistics of batch norm as parameters (22,910,480)",
        ),
    ),
)
