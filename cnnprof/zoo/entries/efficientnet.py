"""EfficientNet B0 to B7 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, "1905.11946")
TABLE = "Table 2"
PADDING = (
    "torchvision's padding and batch norm; in the authors' TensorFlow code strided convolutions pad even "
    "inputs less on the left and top, and eps is 1e-3 throughout: same layers, shapes and counts"
)
TRAINING = "stochastic depth, which acts only in training, is left out"


def millions(value: float, step: float) -> Figure:
    """A figure that the table prints in millions."""
    return Figure(value * 1e6, step * 1e6, TABLE)


def accuracy(value: float) -> Figure:
    """Top-1 of the fifth version of the paper; the first version has others."""
    return Figure(value, 0.1, TABLE)


entry = partial(
    Entry, family="efficientnet", paper=PAPER, builder="efficientnet:efficientnet", notes=(PADDING, TRAINING)
)

ENTRIES = (
    entry(
        "efficientnet_b0",
        reference=Reference("torchvision 0.29.1 efficientnet_b0", 5_288_548, 385_814_752),
        params=millions(5.3, 0.1),
        macs=millions(390, 10),
        metric=accuracy(77.1),
    ),
    entry(
        "efficientnet_b1",
        reference=Reference("torchvision 0.29.1 efficientnet_b1", 7_794_184, 686_802_832),
        arguments={"depth_mult": 1.1},
        input=(3, 240, 240),
        params=millions(7.8, 0.1),
        macs=millions(700, 10),
        metric=accuracy(79.1),
        differs="0.687 G multiply-adds in the layers of every implementation, which would print as 0.69",
    ),
    entry(
        "efficientnet_b2",
        reference=Reference("torchvision 0.29.1 efficientnet_b2 at 260", 9_109_994, 993_561_872),
        arguments={"width_mult": 1.1, "depth_mult": 1.2, "dropout": 0.3},
        input=(3, 260, 260),
        params=millions(9.2, 0.1),
        macs=millions(1000, 100),
        metric=accuracy(80.1),
        differs="9.11 M parameters in every implementation, which would print as 9.1",
        notes=(
            "the paper's resolution is 260; torchvision evaluates B2 at 288 (1,087,529,456 multiply-adds)",
            PADDING,
            TRAINING,
        ),
    ),
    entry(
        "efficientnet_b3",
        reference=Reference("torchvision 0.29.1 efficientnet_b3", 12_233_232, 1_827_141_392),
        arguments={"width_mult": 1.2, "depth_mult": 1.4, "dropout": 0.3},
        input=(3, 300, 300),
        params=millions(12, 1),
        macs=millions(1800, 100),
        metric=accuracy(81.6),
    ),
    entry(
        "efficientnet_b4",
        reference=Reference("torchvision 0.29.1 efficientnet_b4", 19_341_616, 4_393_771_024),
        arguments={"width_mult": 1.4, "depth_mult": 1.8, "dropout": 0.4},
        input=(3, 380, 380),
        params=millions(19, 1),
        macs=millions(4200, 100),
        metric=accuracy(82.9),
        differs="the paper prints 4.2 B; the public implementations count 4.39 B multiply-adds at 380",
    ),
    entry(
        "efficientnet_b5",
        reference=Reference("torchvision 0.29.1 efficientnet_b5", 30_389_784, 10_266_384_752),
        arguments={"width_mult": 1.6, "depth_mult": 2.2, "dropout": 0.4, "eps": 1e-3},
        input=(3, 456, 456),
        params=millions(30, 1),
        macs=millions(9900, 100),
        metric=accuracy(83.6),
        differs="the paper prints 9.9 B; the public implementations count 10.27 B multiply-adds at 456",
    ),
    entry(
        "efficientnet_b6",
        reference=Reference("torchvision 0.29.1 efficientnet_b6", 43_040_704, 19_067_593_536),
        arguments={"width_mult": 1.8, "depth_mult": 2.6, "dropout": 0.5, "eps": 1e-3},
        input=(3, 528, 528),
        params=millions(43, 1),
        macs=millions(19000, 1000),
        metric=accuracy(84.0),
    ),
    entry(
        "efficientnet_b7",
        reference=Reference("torchvision 0.29.1 efficientnet_b7", 66_347_960, 37_745_884_192),
        arguments={"width_mult": 2.0, "depth_mult": 3.1, "dropout": 0.5, "eps": 1e-3},
        input=(3, 600, 600),
        params=millions(66, 1),
        macs=millions(37000, 1000),
        metric=accuracy(84.3),
    ),
)
