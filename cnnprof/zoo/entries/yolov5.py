"""YOLOv5, release 6.0 and later."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLOv5 by Ultralytics, release 6.0 (no paper)", 2021)
CODE = "ultralytics/yolov5 at 5081342"
README = f"README of {CODE}"
HALF = f"{README} (half the printed FLOPs)"
MORE = "the README's FLOPs hold some operations besides the products of convolutions"
RAW = "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS"
entry = partial(
    Entry,
    family="yolov5",
    paper=PAPER,
    builder="yolov5:yolov5",
    task="detection",
    input=(3, 640, 640),
    metric_name="COCO AP (0.5:0.95) %",
    notes=(RAW,),
)

ENTRIES = (
    entry(
        "yolov5n",
        reference=Reference(f"{CODE} models/yolov5n.yaml", 1_872_157, 2_234_060_800),
        arguments={"width_mult": 0.25, "depth_mult": 0.33},
        params=Figure(1.9e6, 0.1e6, README),
        macs=Figure(2.25e9, 0.05e9, HALF),
        metric=Figure(28.0, 0.1, README),
    ),
    entry(
        "yolov5s",
        reference=Reference(f"{CODE} models/yolov5s.yaml", 7_235_389, 8_216_780_800),
        arguments={"width_mult": 0.5, "depth_mult": 0.33},
        params=Figure(7.2e6, 0.1e6, README),
        macs=Figure(8.25e9, 0.05e9, HALF),
        metric=Figure(37.4, 0.1, README),
        differs=MORE,
    ),
    entry(
        "yolov5m",
        reference=Reference(f"{CODE} models/yolov5m.yaml", 21_190_557, 24_436_224_000),
        arguments={"width_mult": 0.75, "depth_mult": 0.67},
        params=Figure(21.2e6, 0.1e6, README),
        macs=Figure(24.5e9, 0.05e9, HALF),
        metric=Figure(45.4, 0.1, README),
        differs=MORE,
    ),
    entry(
        "yolov5l",
        reference=Reference(f"{CODE} models/yolov5l.yaml", 46_563_709, 54_496_870_400),
        arguments={"width_mult": 1.0, "depth_mult": 1.0},
        params=Figure(46.5e6, 0.1e6, README),
        macs=Figure(54.55e9, 0.05e9, HALF),
        metric=Figure(49.0, 0.1, README),
        differs=MORE,
    ),
    entry(
        "yolov5x",
        reference=Reference(f"{CODE} models/yolov5x.yaml", 86_749_405, 102_724_096_000),
        arguments={"width_mult": 1.25, "depth_mult": 1.33},
        params=Figure(86.7e6, 0.1e6, README),
        macs=Figure(102.85e9, 0.05e9, HALF),
        metric=Figure(50.7, 0.1, README),
        differs=MORE,
    ),
)
