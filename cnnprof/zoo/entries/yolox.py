"""YOLOX as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("YOLOX: Exceeding YOLO Series in 2021", 2021, "2107.08430")
CODE = "Megvii-BaseDetection/YOLOX at 6ddff48"
TABLE_3, TABLE_4 = "Table 3 (half the printed FLOPs)", "Table 4 (half the printed FLOPs)"
MORE = "the published FLOPs were counted by thop on 64x64 pixels and scaled, with batch norm in them"
RAW = "up to the raw maps of the three levels: no sigmoid, no box decoding, no NMS"
entry = partial(
    Entry,
    family="yolox",
    paper=PAPER,
    builder="yolox:yolox",
    task="detection",
    metric_name="COCO AP (0.5:0.95) %",
    differs=MORE,
)

ENTRIES = (
    entry(
        "yolox_nano",
        reference=Reference(f"{CODE} exps/default/yolox_nano.py", 912_159, 522_553_408),
        arguments={"width_mult": 0.25, "depth_mult": 0.33, "depthwise": True},
        input=(3, 416, 416),
        params=Figure(0.91e6, 0.01e6, "Table 4"),
        macs=Figure(0.54e9, 0.005e9, TABLE_4),
        metric=Figure(25.3, 0.1, "Table 4"),
        notes=(RAW, "the code's README prints 25.8 % for its later weights"),
    ),
    entry(
        "yolox_tiny",
        reference=Reference(f"{CODE} exps/default/yolox_tiny.py", 5_055_855, 3_206_268_000),
        arguments={"width_mult": 0.375, "depth_mult": 0.33},
        input=(3, 416, 416),
        params=Figure(5.06e6, 0.01e6, "Table 4"),
        macs=Figure(3.225e9, 0.005e9, TABLE_4),
        metric=Figure(32.8, 0.1, "Table 4"),
        notes=(RAW,),
    ),
    entry(
        "yolox_s",
        reference=Reference(f"{CODE} exps/default/yolox_s.py", 8_968_255, 13_342_771_200),
        arguments={"width_mult": 0.5, "depth_mult": 0.33},
        input=(3, 640, 640),
        params=Figure(9.0e6, 0.1e6, "Table 3"),
        macs=Figure(13.4e9, 0.05e9, TABLE_3),
        metric=Figure(39.6, 0.1, "Table 3"),
        notes=(RAW, "the code's README prints 40.5 % for its later weights"),
    ),
    entry(
        "yolox_m",
        reference=Reference(f"{CODE} exps/default/yolox_m.py", 25_326_495, 36_765_158_400),
        arguments={"width_mult": 0.75, "depth_mult": 0.67},
        input=(3, 640, 640),
        params=Figure(25.3e6, 0.1e6, "Table 3"),
        macs=Figure(36.9e9, 0.05e9, TABLE_3),
        metric=Figure(46.4, 0.1, "Table 3"),
        notes=(RAW, "the code's README prints 46.9 % (val) and 47.2 % (test-dev) for its later weights"),
    ),
    entry(
        "yolox_l",
        reference=Reference(f"{CODE} exps/default/yolox_l.py", 54_208_895, 77_646_336_000),
        arguments={"width_mult": 1.0, "depth_mult": 1.0},
        input=(3, 640, 640),
        params=Figure(54.2e6, 0.1e6, "Table 3"),
        macs=Figure(77.8e9, 0.05e9, TABLE_3),
        metric=Figure(50.0, 0.1, "Table 3"),
        notes=(RAW, "the code's README prints 49.7 % (val) and 50.1 % (test-dev) for its later weights"),
    ),
    entry(
        "yolox_x",
        reference=Reference(f"{CODE} exps/default/yolox_x.py", 99_071_455, 140_704_896_000),
        arguments={"width_mult": 1.25, "depth_mult": 1.33},
        input=(3, 640, 640),
        params=Figure(99.1e6, 0.1e6, "Table 3"),
        macs=Figure(140.95e9, 0.05e9, TABLE_3),
        metric=Figure(51.2, 0.1, "Table 3"),
        notes=(RAW, "the code's README prints 51.1 % (val) and 51.5 % (test-dev) for its later weights"),
    ),
)
