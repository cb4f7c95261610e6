"""ShuffleNet V2+ as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

README = "README of megvii-model/ShuffleNet-Series"
PAPER = Paper("ShuffleNetV2+: a strengthened ShuffleNetV2 (code without a paper)", 2019)
CODE = "megvii-model/ShuffleNet-Series at aa91feb"
NOTES = ("h-swish and hard sigmoid are one op each; the authors' code writes them as several",)
entry = partial(
    Entry,
    family="shufflenet_v2_plus",
    paper=PAPER,
    builder="shufflenet_v2_plus:shufflenet_v2_plus",
    notes=NOTES,
)

ENTRIES = (
    entry(
        "shufflenet_v2_plus_small",
        reference=Reference(CODE, 5_137_116, 155_845_008),
        arguments={"size": "small"},
        params=Figure(5.1e6, 0.1e6, README),
        macs=Figure(156e6, 1e6, README),
        metric=Figure(74.1, 0.1, README),
    ),
    entry(
        "shufflenet_v2_plus_medium",
        reference=Reference(CODE, 5_679_840, 222_249_984),
        arguments={"size": "medium"},
        params=Figure(5.6e6, 0.1e6, README),
        macs=Figure(222e6, 1e6, README),
        metric=Figure(75.7, 0.1, README),
    ),
    entry(
        "shufflenet_v2_plus_large",
        reference=Reference(CODE, 6_768_220, 360_050_704),
        arguments={"size": "large"},
        params=Figure(6.7e6, 0.1e6, README),
        macs=Figure(360e6, 1e6, README),
        metric=Figure(77.1, 0.1, README),
    ),
)
