"""YOLOv2 and its tiny version."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLO9000: Better, Faster, Stronger", 2016, "1612.08242")
CODE = "pjreddie/darknet at f6afaab"
PAGE = "authors' page pjreddie.com/darknet/yolo"
HALF = f"{PAGE} (half the printed operations)"
RAW = "up to the raw map: no sigmoid, no softmax, no box decoding, no NMS"
entry = partial(Entry, family="yolov2", paper=PAPER, task="detection", metric_name="COCO AP50 %")

ENTRIES = (
    entry(
        "yolov2",
        builder="yolov2:yolov2",
        reference=Reference(f"{CODE} cfg/yolov2.cfg", 50_962_889, 31_469_126_656),
        input=(3, 608, 608),
        macs=Figure(31.47e9, 0.005e9, HALF),
        metric=Figure(48.1, 0.1, PAGE),
        notes=(
            RAW,
            "the authors' file for COCO; a 1x1 convolution to 64 channels stands before the passthrough",
            "the paper's network is num_classes=20, passthrough=512 at 416: 67,137,565 parameters, "
            "17.45 billion multiply-adds, 76.8 % VOC07 mAP (table 3)",
            "for COCO the paper prints 21.6 % AP and 44.0 % AP50 (table 5)",
        ),
    ),
    entry(
        "yolov2_tiny",
        builder="yolov2:yolov2_tiny",
        reference=Reference(f"{CODE} cfg/yolov2-tiny.cfg", 11_232_057, 2_703_221_248),
        input=(3, 416, 416),
        macs=Figure(2.705e9, 0.005e9, HALF),
        metric=Figure(23.7, 0.1, PAGE),
        notes=(
            RAW,
            "not in the paper; the authors' file for COCO",
            "their file for VOC is num_classes=20, last_width=1024: 15,861,773 parameters, 3.49 billion "
            "multiply-adds, 57.1 % VOC07 mAP",
        ),
    ),
)
