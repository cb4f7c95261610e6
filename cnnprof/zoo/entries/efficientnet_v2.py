"""EfficientNetV2-S as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("EfficientNetV2: Smaller Models and Faster Training", 2021, "2104.00298")
README = "efficientnetv2/README.md of google/automl"

ENTRIES = (
    Entry(
        "efficientnet_v2_s",
        "efficientnet_v2",
        PAPER,
        "efficientnet_v2:efficientnet_v2_s",
        Reference("torchvision 0.29.1 efficientnet_v2_s", 21_458_488, 8_365_617_152),
        input=(3, 384, 384),
        params=Figure(21.5e6, 0.1e6, README),
        macs=Figure(8.4e9, 0.1e9, README),
        metric=Figure(83.9, 0.1, README),
        notes=(
            "evaluated at 384; the authors train at up to 300",
            "torchvision's padding; in the authors' TensorFlow code strided convolutions pad even inputs "
            "less on the left and top: same layers, shapes and counts",
            "stochastic depth, which acts only in training, is left out",
        ),
    ),
)
