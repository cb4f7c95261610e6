"""IGCV3 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

README = "README of homles11/IGCV3"

ENTRIES = (
    Entry(
        "igcv3",
        "igcv3",
        Paper(
            "IGCV3: Interleaved Low-Rank Group Convolutions for Efficient Deep Neural Networks",
            2018,
            "1806.00178",
        ),
        "igcv3:igcv3",
        Reference("pytorchcv 0.0.74 igcv3_w1", 3_491_688, 312_970_176),
        params=Figure(3.5e6, 0.1e6, README),
        macs=Figure(318e6, 1e6, "ShuffleNetV2 paper, Table 8"),
        metric=Figure(72.2, 0.1, README),
        differs="the convolutions and the classifier of the authors' network give 313.0 M multiply-adds; "
        "what else the 318 M count is not said",
        notes=(
            "the layers of the authors' released network (models/igcv3-symbol.json at 83aba2f): no "
            "non-linearity behind the grouped expansion, no permutation behind the projection, which a version of "
            "symbols/igcv3.py (385b327) has: a copy a block more, the same counts",
            "72.2 % is after retraining; 70.6 % before",
            "widths round to even numbers as in the authors' code, but each expansion follows its block's "
            "input; the authors' code scales it twice in the first block of a stage, and above 1.0 gives the last "
            "layer one filter more",
        ),
    ),
)
