"""MobileNeXt as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Rethinking Bottleneck Structure for Efficient Mobile Network Design", 2020, "2007.02269")
CODE = "yitu-opensource/MobileNeXt at 10f7805, mnext.py"
README = "README of yitu-opensource/MobileNeXt (to tens)"
LARGER = "the authors' own code has more than they print"
entry = partial(Entry, family="mobilenext", paper=PAPER, builder="mobilenext:mobilenext")

ENTRIES = (
    entry(
        "mobilenext",
        reference=Reference(CODE, 3_535_416, 311_342_592),
        params=Figure(3.4e6, 0.1e6, "table in the introduction"),
        macs=Figure(300e6, 10e6, README),
        metric=Figure(74.02, 0.01, README),
        differs=LARGER,
        notes=(
            "the full identity tensor; identity_div gives the paper's smaller ones",
            "the README prints 3.5 M parameters, as counted",
        ),
    ),
    entry(
        "mobilenext_x0_35",
        reference=Reference(CODE, 1_913_976, 75_141_032),
        arguments={"width_mult": 0.35},
        params=Figure(1.8e6, 0.1e6, README),
        macs=Figure(80e6, 10e6, README),
        metric=Figure(64.7, 0.1, README),
        differs=LARGER,
    ),
    entry(
        "mobilenext_x0_5",
        reference=Reference(CODE, 2_152_304, 103_256_448),
        arguments={"width_mult": 0.5},
        params=Figure(2.1e6, 0.1e6, README),
        macs=Figure(110e6, 10e6, README),
        metric=Figure(67.7, 0.1, README),
        differs="the authors' own code has 103.3 M multiply-adds; with batch norm 107.4 M",
    ),
    entry(
        "mobilenext_x0_75",
        reference=Reference(CODE, 2_766_168, 207_926_720),
        arguments={"width_mult": 0.75},
        params=Figure(2.5e6, 0.1e6, README),
        macs=Figure(210e6, 10e6, README),
        metric=Figure(72.0, 1.0, README),
        differs=LARGER,
    ),
    entry(
        "mobilenext_x1_4",
        reference=Reference(CODE, 6_126_168, 588_319_256),
        arguments={"width_mult": 1.4},
        params=Figure(6.1e6, 0.1e6, README),
        macs=Figure(590e6, 10e6, README),
        metric=Figure(76.1, 0.1, README),
    ),
)
