"""Light-Head R-CNN on its two backbones as published, up to the raw outputs of both stages."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Light-Head R-CNN: In Defense of Two-Stage Object Detector", 2017, "1711.07264")
NOTES = (
    "ends at the raw outputs of both stages: no box decoding, no non-maximum suppression; the second stage runs on "
    "1000 fixed boxes, as many as the paper keeps in tests",
    "RoI align is F.grid_sample and a maximum in place of the authors' CUDA layer, counted as what they are",
)
entry = partial(
    Entry, family="light_head_rcnn", paper=PAPER, task="detection", metric_name="COCO AP (0.5:0.95) %"
)

ENTRIES = (
    entry(
        "light_head_rcnn_xception",
        builder="light_head_rcnn:light_head_rcnn_xception",
        reference=Reference(
            "the paper's Table 7 and sections 3.1-4.4 (arithmetic)", 4_869_435, 7_049_838_592
        ),
        input=(3, 700, 1100),
        metric=Figure(30.7, 0.1, "Table 8 (COCO test-dev)"),
        notes=(
            *NOTES,
            "the backbone was not released. Table 7 gives widths, repeats and 145 M multiply-adds at 224, the text "
            "bottlenecks with depthwise filters: that is ShuffleNet V1 with one group, which has 143 M. Two public "
            "ports stack separable convolutions of full width, 246 M",
            "one box for all classes, as the text says",
        ),
    ),
    entry(
        "light_head_rcnn_resnet101",
        builder="light_head_rcnn:light_head_rcnn_resnet101",
        reference=Reference(
            "zengarden/light_head_rcnn at 790f94e, light_head_rcnn.ori_res101.coco.ps_roialign (arithmetic)",
            68_594_179,
            282_567_680_000,
        ),
        input=(3, 800, 1200),
        metric=Figure(40.0, 0.1, "README of zengarden/light_head_rcnn (COCO minival)"),
        notes=(
            *NOTES,
            "a box a class as in the authors' code, where the text has one for all",
            "TensorFlow's max pool pads one side only at even sizes: the same sizes and counts",
            "input 800 x 1200 as in the paper; the authors' code allows 1333",
        ),
    ),
)
