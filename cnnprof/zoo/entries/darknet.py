"""Darknet-19 and Darknet-53, the classifiers under YOLOv2 and YOLOv3."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

YOLO_V2 = Paper("YOLO9000: Better, Faster, Stronger", 2016, "1612.08242")
YOLO_V3 = Paper("YOLOv3: An Incremental Improvement", 2018, "1804.02767")
FAMILY = "darknet"

ENTRIES = (
    Entry(
        "darknet19",
        FAMILY,
        YOLO_V2,
        "darknet:darknet19",
        Reference("pytorchcv 0.0.74 darknet19", 20_842_376, 2_790_989_824),
        macs=Figure(2.79e9, 0.005e9, "section 3 (half the printed operations)"),
        metric=Figure(72.9, 0.1, "section 3"),
        notes=(
            "input 224 as in its paper; the authors' file sets 256, for which the YOLOv3 paper prints "
            "7.29 billion operations and 74.1 %",
        ),
    ),
    Entry(
        "darknet53",
        FAMILY,
        YOLO_V3,
        "darknet:darknet53",
        Reference("pytorchcv 0.0.74 darknet53", 41_609_928, 9_285_115_904),
        input=(3, 256, 256),
        params=Figure(41_609_928, 1, "README of osmr/imgclsmob"),
        macs=Figure(9.35e9, 0.05e9, "Table 2 (half the printed operations)"),
        metric=Figure(77.2, 0.1, "Table 2"),
        differs="the paper prints 18.7 billion operations, the authors' page 18.57, twice this network's",
        notes=("the linear layer is a 1x1 convolution after the pool in the authors' file",),
    ),
)
