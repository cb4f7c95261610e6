"""Pelee as published, up to the raw outputs of its heads."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

README = "README of Robert-JunWang/Pelee (COCO)"

ENTRIES = (
    Entry(
        "pelee",
        "pelee",
        Paper("Pelee: A Real-Time Object Detection System on Mobile Devices", 2018, "1804.06882"),
        "pelee:pelee",
        Reference("Robert-JunWang/Pelee at 96979b3 (Caffe)", 5_981_012, 1_283_950_080),
        task="detection",
        input=(3, 304, 304),
        params=Figure(5.98e6, 0.01e6, README),
        macs=Figure(1.29e9, 0.01e9, "README of lyxok1/Tiny-DSOD (COCO)"),
        metric=Figure(22.4, 0.1, README),
        metric_name="COCO AP (0.5:0.95) %",
        differs="1.284 G multiply-adds, which print as 1.28; with average pooling 1.285 G",
        notes=(
            "ends at the raw outputs of the heads: no default boxes, no box decoding, no non-maximum suppression",
            "num_classes counts the background: 81 for COCO; with 21 for VOC it has 5,425,892 parameters and 1.20 G "
            "multiply-adds (published: 5.4 M, 1.21 G, 70.9 % mAP)",
            "the layers behind PeleeNet have biases and no batch norm, as in the authors' code; pools round up "
            "there, so that the map behind 19 x 19 has 10 x 10 positions and not 9 x 9",
            "inputs are taken as they are, from 257 pixels a side",
        ),
    ),
)
