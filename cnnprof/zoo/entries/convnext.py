"""ConvNeXt-T as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("A ConvNet for the 2020s", 2022, "2201.03545")
README = "README of facebookresearch/ConvNeXt"

ENTRIES = (
    Entry(
        "convnext_tiny",
        "convnext",
        PAPER,
        "convnext:convnext_tiny",
        Reference("facebookresearch/ConvNeXt at 048efce", 28_589_128, 4_455_531_264),
        params=Figure(28e6, 1e6, README),
        macs=Figure(4.5e9, 0.1e9, README),
        metric=Figure(82.1, 0.1, README),
        notes=(
            "the layer norms of the stem and the downsampling layers are written out elementwise, as by the "
            "authors; torchvision permutes and calls one kernel",
            "stochastic depth, which only training uses, is left out",
        ),
    ),
)
