"""FD-MobileNet as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("FD-MobileNet: Improved MobileNet with a Fast Downsampling Strategy", 2018, "1802.03750")
CODE = "clavichord93/FD-MobileNet at f453149"
README = "README of clavichord93/FD-MobileNet"
entry = partial(Entry, family="fd_mobilenet", paper=PAPER, builder="fd_mobilenet:fd_mobilenet")

ENTRIES = (
    entry(
        "fd_mobilenet",
        reference=Reference(CODE, 2_901_288, 144_489_728),
        macs=Figure(144e6, 1e6, README),
        metric=Figure(65.3, 0.1, README),
    ),
    entry(
        "fd_mobilenet_x0_5",
        reference=Reference(CODE, 993_928, 40_132_224),
        arguments={"width_mult": 0.5},
        macs=Figure(40e6, 1e6, README),
        metric=Figure(56.3, 0.1, README),
    ),
    entry(
        "fd_mobilenet_x0_25",
        reference=Reference(CODE, 383_160, 12_037_952),
        arguments={"width_mult": 0.25},
        macs=Figure(12e6, 1e6, README),
        metric=Figure(45.1, 0.1, README),
    ),
)
