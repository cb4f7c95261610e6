"""MobileNet V3 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Searching for MobileNetV3", 2019, "1905.02244")
LARGE = "mobilenet_v3:mobilenet_v3_large"
SMALL = "mobilenet_v3:mobilenet_v3_small"
WIDTHS = (
    "widths as in the authors' TensorFlow code: each expansion keeps its ratio to the block's input, and "
    "widths below 1 keep the last layer before the classifier, wider ones widen it (Large at 1.25 has the paper's "
    "7.5 M parameters with head=1280); torchvision scales the table's figures instead; "
    "padding is torchvision's, in TensorFlow strided convolutions pad even inputs less on the left and top"
)
entry = partial(Entry, family="mobilenet_v3", paper=PAPER)

ENTRIES = (
    entry(
        "mobilenet_v3_large",
        builder=LARGE,
        reference=Reference("torchvision 0.29.1 mobilenet_v3_large", 5_483_032, 216_589_760),
        params=Figure(5.4e6, 0.1e6, "Table 9"),
        macs=Figure(217e6, 1e6, "Table 9"),
        metric=Figure(75.2, 0.1, "Table 9"),
        notes=("Table 3 of the same paper prints 219 M multiply-adds; the layers give 216.6 M", WIDTHS),
    ),
    entry(
        "mobilenet_v3_large_x0_75",
        builder=LARGE,
        reference=Reference("timm 1.0.31 mobilenetv3_large_075", 3_993_528, 154_560_624),
        arguments={"width_mult": 0.75},
        params=Figure(4.0e6, 0.1e6, "Table 9"),
        macs=Figure(155e6, 1e6, "Table 9"),
        metric=Figure(73.3, 0.1, "Table 9"),
        notes=(WIDTHS,),
    ),
    entry(
        "mobilenet_v3_small",
        builder=SMALL,
        reference=Reference("torchvision 0.29.1 mobilenet_v3_small", 2_542_856, 56_510_400),
        params=Figure(2.5e6, 0.1e6, "Table 9"),
        macs=Figure(57e6, 1e6, "Table 9"),
        metric=Figure(67.5, 0.1, "Table 9"),
        notes=(
            "Table 2 draws squeeze-and-excitation on the last 1x1 convolution; no released code has it",
            "the first version of the paper has 1280 channels in the head (66 M, 2.9 M parameters)",
            "Table 3 of the same paper prints 56 M multiply-adds and 67.4 %",
            WIDTHS,
        ),
    ),
    entry(
        "mobilenet_v3_small_x0_75",
        builder=SMALL,
        reference=Reference("timm 1.0.31 mobilenetv3_small_075", 2_041_872, 43_399_344),
        arguments={"width_mult": 0.75},
        params=Figure(2.0e6, 0.1e6, "Table 9"),
        macs=Figure(44e6, 1e6, "Table 9"),
        metric=Figure(65.4, 0.1, "Table 9"),
        differs="43.40 M multiply-adds, which print as 43; with average pooling 43.66 M",
        notes=(WIDTHS,),
    ),
)
