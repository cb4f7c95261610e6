"""YOLOv4 and YOLOv4-tiny."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

YOLO_V4 = Paper("YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020, "2004.10934")
SCALED = Paper("Scaled-YOLOv4: Scaling Cross Stage Partial Network", 2020, "2011.08036")
CODE = "AlexeyAB/darknet at 59596d7"
README = f"README of {CODE}"
HALF = f"{README} (half the printed BFlops)"
NANODET = "README of RangiLyu/nanodet at be9b4a9"
entry = partial(Entry, family="yolov4", task="detection", metric_name="COCO AP (0.5:0.95) %")

ENTRIES = (
    entry(
        "yolov4",
        paper=YOLO_V4,
        builder="yolov4:yolov4",
        reference=Reference(f"{CODE} cfg/yolov4.cfg", 64_363_101, 64_194_741_248),
        input=(3, 608, 608),
        macs=Figure(64.25e9, 0.05e9, HALF),
        metric=Figure(43.5, 0.1, README),
        differs="the printed 128.5 BFlops hold pooling and shortcuts too; convolutions alone are 128.39",
        notes=(
            "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS",
            "input 608 as in the authors' file; their README prints 43.0 % at 512 (91.1 BFlops), 41.2 % at 416 "
            "(60.1) and 38.0 % at 320 (35.5)",
        ),
    ),
    entry(
        "yolov4_tiny",
        paper=SCALED,
        builder="yolov4_tiny:yolov4_tiny",
        reference=Reference(f"{CODE} cfg/yolov4-tiny.cfg", 6_056_606, 3_453_938_176),
        input=(3, 416, 416),
        params=Figure(6.06e6, 0.01e6, NANODET),
        macs=Figure(3.45e9, 0.05e9, HALF),
        metric=Figure(21.7, 0.1, NANODET),
        notes=(
            "up to the raw maps of the two levels: no sigmoid, no box decoding, no NMS",
            "the authors' README prints 40.2 % AP50; the paper's abstract prints 22.0 % AP and 42.0 % AP50",
        ),
    ),
)
