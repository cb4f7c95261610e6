"""LR-ASPP as torchvision has it."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

WEIGHTS = "torchvision 0.29.1 weights"

ENTRIES = (
    Entry(
        "lraspp_mobilenet_v3_large",
        "lraspp",
        Paper("Searching for MobileNetV3", 2019, "1905.02244"),
        "lraspp:lraspp_mobilenet_v3_large",
        Reference("torchvision 0.29.1 lraspp_mobilenet_v3_large", 3_221_538, 2_086_219_688),
        task="segmentation",
        input=(3, 520, 520),
        params=Figure(3_221_538, 1, WEIGHTS),
        macs=Figure(2.086e9, 0.001e9, WEIGHTS),
        metric=Figure(57.9, 0.1, WEIGHTS),
        metric_name="COCO mIoU % (VOC classes)",
        notes=(
            "a tensor, where torchvision returns a dictionary with the one key 'out'",
            "the paper's own has half the filters in the last block: Table 7, row 8, on Cityscapes at "
            "1024 x 2048: 72.36 % on the validation set, 1.51 M parameters, 9.74 G multiply-adds",
        ),
    ),
)
