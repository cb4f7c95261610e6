"""PeleeNet as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Pelee: A Real-Time Object Detection System on Mobile Devices", 2018, "1804.06882")
README = "README of Robert-JunWang/PeleeNet"

ENTRIES = (
    Entry(
        "peleenet",
        "peleenet",
        PAPER,
        "peleenet:peleenet",
        Reference("Robert-JunWang/PeleeNet at 05e928a", 2_802_248, 507_757_568),
        params=Figure(2.8e6, 0.1e6, README),
        macs=Figure(508e6, 1e6, README),
        metric=Figure(72.6, 0.1, README),
        notes=(
            "the stem joins pool and convolutions in the authors' order; pytorchcv joins them the other way",
        ),
    ),
)
