"""YOLOv3 and its tiny version."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLOv3: An Incremental Improvement", 2018, "1804.02767")
FAMILY = "yolov3"
CODE = "pjreddie/darknet at f6afaab"
PAGE = "authors' page pjreddie.com/darknet/yolo (half the printed operations)"
NANODET = "README of RangiLyu/nanodet at be9b4a9"
METRIC = "COCO AP (0.5:0.95) %"

ENTRIES = (
    Entry(
        "yolov3",
        FAMILY,
        PAPER,
        "yolov3:yolov3",
        Reference(f"{CODE} cfg/yolov3.cfg", 61_949_149, 70_345_950_208),
        task="detection",
        input=(3, 608, 608),
        macs=Figure(70.345e9, 0.005e9, PAGE),
        metric=Figure(33.0, 0.1, "Table 3"),
        metric_name=METRIC,
        notes=(
            "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS",
            "input 608 as in table 3 and the authors' file; their page prints 57.9 % AP50 at 608, 55.3 % at "
            "416 (65.86 billion operations) and 51.5 % at 320 (38.97)",
        ),
    ),
    Entry(
        "yolov3_tiny",
        FAMILY,
        PAPER,
        "yolov3:yolov3_tiny",
        Reference(f"{CODE} cfg/yolov3-tiny.cfg", 8_852_366, 2_782_480_896),
        task="detection",
        input=(3, 416, 416),
        params=Figure(8.86e6, 0.01e6, NANODET),
        macs=Figure(2.78e9, 0.005e9, PAGE),
        metric=Figure(16.6, 0.1, NANODET),
        metric_name=METRIC,
        differs="8.852 M parameters in the authors' file, which print as 8.85",
        notes=(
            "up to the raw maps of the two levels: no sigmoid, no box decoding, no NMS",
            "not in the paper; the authors' page prints 33.1 % AP50",
        ),
    ),
)
