"""YOLO as first published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

ENTRIES = (
    Entry(
        "yolov1",
        "yolov1",
        Paper("You Only Look Once: Unified, Real-Time Object Detection", 2015, "1506.02640"),
        "yolov1:yolov1",
        Reference("pjreddie/darknet at ae43c2b cfg/yolo.cfg", 271_703_550, 20_285_153_280),
        task="detection",
        input=(3, 448, 448),
        macs=Figure(
            20.095e9, 0.005e9, "authors' page pjreddie.com/darknet/yolov2 (half the printed operations)"
        ),
        metric=Figure(63.4, 0.1, "Table 1"),
        metric_name="VOC07 mAP %",
        differs="the page's 40.19 billion operations are those of the authors' later file: the same convolutions, "
        "one linear layer of 12,544 x 1715, and its locally connected layer left out",
        notes=(
            "up to the raw output of the last linear layer: no box decoding, no NMS",
            "the authors' file of November 2015 to June 2016, which is the paper's figure 3; their later "
            "cfg/yolov1.cfg has batch norm, a locally connected layer, three boxes a cell and one linear layer",
        ),
    ),
)
