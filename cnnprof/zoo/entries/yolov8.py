"""YOLOv8 of Ultralytics."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLOv8 by Ultralytics (no paper)", 2023)
CODE = "ultralytics 8.2.103 yolov8.yaml"
README = "README of ultralytics 8.2.103"
HALF = f"{README} (half the printed FLOPs)"
NOTES = (
    "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS",
    "16 parameters are fixed weights of the box decoding, which the reference counts; they are not run",
)
entry = partial(
    Entry,
    family="yolov8",
    paper=PAPER,
    builder="yolov8:yolov8",
    task="detection",
    input=(3, 640, 640),
    metric_name="COCO AP (0.5:0.95) %",
    notes=NOTES,
)

ENTRIES = (
    entry(
        "yolov8n",
        reference=Reference(f"{CODE} n", 3_157_200, 4_371_456_000),
        arguments={"width_mult": 0.25, "depth_mult": 0.33, "max_channels": 1024},
        params=Figure(3.2e6, 0.1e6, README),
        macs=Figure(4.35e9, 0.05e9, HALF),
        metric=Figure(37.3, 0.1, README),
    ),
    entry(
        "yolov8s",
        reference=Reference(f"{CODE} s", 11_166_560, 14_300_774_400),
        arguments={"width_mult": 0.5, "depth_mult": 0.33, "max_channels": 1024},
        params=Figure(11.2e6, 0.1e6, README),
        macs=Figure(14.3e9, 0.05e9, HALF),
        metric=Figure(44.9, 0.1, README),
    ),
    entry(
        "yolov8m",
        reference=Reference(f"{CODE} m", 25_902_640, 39_467_827_200),
        arguments={"width_mult": 0.75, "depth_mult": 0.67, "max_channels": 768},
        params=Figure(25.9e6, 0.1e6, README),
        macs=Figure(39.45e9, 0.05e9, HALF),
        metric=Figure(50.2, 0.1, README),
    ),
)
