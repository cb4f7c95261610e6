"""Tiny-DSOD as published, up to the raw outputs of its heads."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

README = "README of lyxok1/Tiny-DSOD (VOC)"

ENTRIES = (
    Entry(
        "tiny_dsod",
        "tiny_dsod",
        Paper("Tiny-DSOD: Lightweight Object Detection for Resource-Restricted Usages", 2018, "1807.11013"),
        "tiny_dsod:tiny_dsod",
        Reference("lyxok1/Tiny-DSOD at 94d1545 (Caffe), DCOD_pascal.py", 926_650, 1_105_660_040),
        task="detection",
        input=(3, 300, 300),
        params=Figure(0.95e6, 0.01e6, README),
        macs=Figure(1.06e9, 0.01e9, README),
        metric=Figure(72.1, 0.1, README),
        metric_name="VOC07 mAP %",
        differs="the authors' script builds 0.93 M parameters (0.94 M with the statistics of batch norm) and 1.11 G "
        "multiply-adds; what the printed figures count is not said",
        notes=(
            "ends at the raw outputs of the heads: no default boxes, no box decoding, no non-maximum suppression",
            "num_classes counts the background: 21 for VOC; for COCO the authors take 81 and 320 pixels",
            "upsampling is torch's bilinear one; the authors' layer reads half a pixel of the finer map before it",
        ),
    ),
)
