"""FD-MobileNet as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("FD-MobileNet: Improved MobileNet with a Fast Downsampling Strategy", 2018, "1802.03750")
BUILDER = "fd_mobilenet:fd_mobilenet"
FAMILY = "fd_mobilenet"
CODE = "clavichord93/FD-MobileNet at f453149"
README = "README of clavichord93/FD-MobileNet"

ENTRIES = (
    Entry(
        "fd_mobilenet",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 2_901_288, 144_489_728),
        macs=Figure(144e6, 1e6, README),
        metric=Figure(65.3, 0.1, README),
    ),
    Entry(
        "fd_mobilenet_x0_5",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 993_928, 40_132_224),
        {"width_mult": 0.5},
        macs=Figure(40e6, 1e6, README),
        metric=Figure(56.3, 0.1, README),
    ),
    Entry(
        "fd_mobilenet_x0_25",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 383_160, 12_037_952),
        {"width_mult": 0.25},
        macs=Figure(12e6, 1e6, README),
        metric=Figure(45.1, 0.1, README),
    ),
)
