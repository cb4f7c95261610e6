"""YOLOv2 and its tiny version."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLO9000: Better, Faster, Stronger", 2016, "1612.08242")
FAMILY = "yolov2"
CODE = "pjreddie/darknet at f6afaab"
PAGE = "authors' page pjreddie.com/darknet/yolo"
HALF = f"{PAGE} (half the printed operations)"
METRIC = "COCO AP50 %"
RAW = "up to the raw map: no sigmoid, no softmax, no box decoding, no NMS"

ENTRIES = (
    Entry(
        "yolov2",
        FAMILY,
        PAPER,
        "yolov2:yolov2",
        Reference(f"{CODE} cfg/yolov2.cfg", 50_962_889, 31_469_126_656),
        task="detection",
        input=(3, 608, 608),
        macs=Figure(31.47e9, 0.005e9, HALF),
        metric=Figure(48.1, 0.1, PAGE),
        metric_name=METRIC,
        notes=(
            RAW,
            "the authors' file for COCO; a 1x1 convolution to 64 channels stands before the passthrough",
            "the paper's network is num_classes=20, passthrough=512 at 416: 67,137,565 parameters, "
            "17.45 billion multiply-adds, 76.8 % VOC07 mAP (table 3)",
            "for COCO the paper prints 21.6 % AP and 44.0 % AP50 (table 5)",
        ),
    ),
    Entry(
        "yolov2_tiny",
        FAMILY,
        PAPER,
        "yolov2:yolov2_tiny",
        Reference(f"{CODE} cfg/yolov2-tiny.cfg", 11_232_057, 2_703_221_248),
        task="detection",
        input=(3, 416, 416),
        macs=Figure(2.705e9, 0.005e9, HALF),
        metric=Figure(23.7, 0.1, PAGE),
        metric_name=METRIC,
        notes=(
            RAW,
            "not in the paper; the authors' file for COCO",
            "their file for VOC is num_classes=20, last_width=1024: 15,861,773 parameters, 3.49 billion "
            "multiply-adds, 57.1 % VOC07 mAP",
        ),
    ),
)
