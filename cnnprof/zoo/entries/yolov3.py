"""YOLOv3 and its tiny version."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLOv3: An Incremental Improvement", 2018, "1804.02767")
CODE = "pjreddie/darknet at f6afaab"
PAGE = "authors' page pjreddie.com/darknet/yolo (half the printed operations)"
NANODET = "README of RangiLyu/nanodet at be9b4a9"
entry = partial(Entry, family="yolov3", paper=PAPER, task="detection", metric_name="COCO AP (0.5:0.95) %")

ENTRIES = (
    entry(
        "yolov3",
        builder="yolov3:yolov3",
        reference=Reference(f"{CODE} cfg/yolov3.cfg", 61_949_149, 70_345_950_208),
        input=(3, 608, 608),
        macs=Figure(70.345e9, 0.005e9, PAGE),
        metric=Figure(33.0, 0.1, "Table 3"),
        notes=(
            "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS",
            "input 608 as in table 3 and the authors' file; their page prints 57.9 % AP50 at 608, 55.3 % at "
            "416 (65.86 billion operations) and 51.5 % at 320 (38.97)",
        ),
    ),
    entry(
        "yolov3_tiny",
        builder="yolov3:yolov3_tiny",
        reference=Reference(f"{CODE} cfg/yolov3-tiny.cfg", 8_852_366, 2_782_480_896),
        input=(3, 416, 416),
        params=Figure(8.86e6, 0.01e6, NANODET),
        macs=Figure(2.78e9, 0.005e9, PAGE),
        metric=Figure(16.6, 0.1, NANODET),
        differs="8.852 M parameters in the authors' file, which print as 8.85",
        notes=(
            "up to the raw maps of the two levels: no sigmoid, no box decoding, no NMS",
            "not in the paper; the authors' page prints 33.1 % AP50",
        ),
    ),
)
