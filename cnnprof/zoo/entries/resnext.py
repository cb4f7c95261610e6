"""ResNeXt-50 as published: ResNet-50 with grouped 3x3 filters."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Aggregated Residual Transformations for Deep Neural Networks", 2016, "1611.05431")
PYCLS = "MODEL_ZOO of facebookresearch/pycls"

ENTRIES = (
    Entry(
        "resnext50_32x4d",
        "resnext",
        PAPER,
        "resnet:resnet50",
        Reference("torchvision 0.29.1 resnext50_32x4d", 25_028_904, 4_230_479_872),
        {"groups": 32, "width_per_group": 4},
        params=Figure(25.0e6, 0.1e6, PYCLS),
        macs=Figure(4.2e9, 0.1e9, PYCLS),
        metric=Figure(77.8, 0.1, "README of facebookresearch/ResNeXt"),
        notes=("form C of figure 3, as in the authors' code: one grouped convolution in place of 32 paths",),
    ),
)
