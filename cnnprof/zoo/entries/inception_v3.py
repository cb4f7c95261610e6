"""Inception V3 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Rethinking the Inception Architecture for Computer Vision", 2015, "1512.00567")
OTHER = "EfficientNet paper, Table 2"

ENTRIES = (
    Entry(
        "inception_v3",
        "inception_v3",
        PAPER,
        "inception_v3:inception_v3",
        Reference("torchvision 0.29.1 inception_v3 without auxiliary head", 23_834_568, 5_713_216_096),
        input=(3, 299, 299),
        params=Figure(24e6, 1e6, OTHER),
        macs=Figure(5.7e9, 0.1e9, OTHER),
        metric=Figure(78.8, 0.1, OTHER),
        notes=(
            "without the auxiliary head, which only trains: aux_logits=True adds it, 27,161,264 parameters",
            "stem and widths are those of Google's TensorFlow code, not of table 1; "
            "torchvision reports 77.294 % top-1",
        ),
    ),
)
