"""SE-ResNet-50 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Squeeze-and-Excitation Networks", 2017, "1709.01507")

ENTRIES = (
    Entry(
        "se_resnet50",
        "se_resnet",
        PAPER,
        "se_resnet:se_resnet50",
        Reference("timm 1.0.31 legacy_seresnet50 (after hujie-frank/SENet)", 28_088_024, 3_860_488_192),
        params=Figure(28_088_024, 1, "README of osmr/imgclsmob"),
        macs=Figure(3.87e9, 0.01e9, "section 4"),
        metric=Figure(77.63, 0.01, "README of hujie-frank/SENet"),
        differs="3.860 G multiply-adds, which print as 3.86; with average pooling 3.866 G",
        notes=(
            "the stride is in the first 1x1 convolution and the stem's pool is unpadded, "
            "as in the authors' Caffe file (0262d43)",
            "timm projects the shortcut before the attention, followed here; the Caffe file does so after it",
        ),
    ),
)
