"""MnasNet as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("MnasNet: Platform-Aware Neural Architecture Search for Mobile", 2018, "1807.11626")
WEIGHTS = "weights of torchvision 0.29.1"
PADDING = (
    "padding and batch norm of timm; in the authors' TensorFlow code strided convolutions pad even inputs "
    "less on the left and top, and eps is 1e-3: same layers, shapes and counts"
)
entry = partial(Entry, family="mnasnet", paper=PAPER)

ENTRIES = (
    entry(
        "mnasnet_a1",
        builder="mnasnet:mnasnet_a1",
        reference=Reference("timm 1.0.31 semnasnet_100", 3_887_038, 311_579_072),
        params=Figure(3.9e6, 0.1e6, "Table 1"),
        macs=Figure(312e6, 1e6, "Table 1"),
        metric=Figure(75.2, 0.1, "Table 1"),
        notes=(
            "with squeeze-and-excitation; timm calls it semnasnet",
            "the README of the authors' code prints 312 M multiply-adds in its text and 315.2 M in its table",
            PADDING,
        ),
    ),
    entry(
        "mnasnet_b1",
        builder="mnasnet:mnasnet_b1",
        reference=Reference("timm 1.0.31 mnasnet_100", 4_383_312, 314_415_872),
        metric=Figure(74.5, 0.1, "Table 2"),
        notes=("without squeeze-and-excitation; torchvision's mnasnet1_0 has the same layers", PADDING),
    ),
    entry(
        "mnasnet_small",
        builder="mnasnet:mnasnet_small",
        reference=Reference(
            "tensorflow/tpu at 7dc921f mnasnet_small, counted in timm 1.0.31 mnasnet_small",
            2_030_264,
            68_339_184,
        ),
        params=Figure(2.0e6, 0.1e6, "Table 4"),
        macs=Figure(68e6, 1e6, "Table 4"),
        metric=Figure(66.0, 0.1, "Table 4"),
        notes=(
            "the paper's MnasNet-search2",
            "the first block has no residual: the authors' code declares 16 inputs for it, though the stem "
            "gives 8; timm and pytorchcv have a residual there, with the same parameters and multiply-adds; at "
            "widths of 0.55 and less both round to 8, and the authors' code has one, too",
            PADDING,
        ),
    ),
    entry(
        "mnasnet1_0",
        builder="mnasnet:mnasnet1_0",
        reference=Reference("torchvision 0.29.1 mnasnet1_0", 4_383_312, 314_415_872),
        params=Figure(4_383_312, 1, WEIGHTS),
        macs=Figure(314e6, 1e6, WEIGHTS),
        metric=Figure(73.456, 0.001, WEIGHTS),
        notes=(
            "MnasNet-B1 as torchvision writes it, pooled with a mean; mnasnet0_5 to mnasnet1_3 by width_mult",
            "the stem is scaled with the width, as since the second version of torchvision's weights",
        ),
    ),
)
