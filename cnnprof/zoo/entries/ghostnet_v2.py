"""GhostNet V2 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("GhostNetV2: Enhance Cheap Operation with Long-Range Attention", 2022, "2211.12905")
CODE = "huawei-noah/Efficient-AI-Backbones at f90e129, ghostnetv2_pytorch"
README = "README of huawei-noah/Efficient-AI-Backbones, ghostnetv2_pytorch"
entry = partial(Entry, family="ghostnet_v2", paper=PAPER, builder="ghostnet_v2:ghostnet_v2")

ENTRIES = (
    entry(
        "ghostnet_v2",
        reference=Reference(CODE, 6_156_908, 167_048_288),
        params=Figure(6.2e6, 0.1e6, "timm model card, ghostnetv2_100.in1k"),
        macs=Figure(167e6, 1e6, README),
        metric=Figure(75.3, 0.1, README),
        notes=("attention from the third bottleneck on, at half the resolution, as in the authors' code",),
    ),
    entry(
        "ghostnet_v2_x1_3",
        reference=Reference(CODE, 8_960_404, 269_322_976),
        arguments={"width_mult": 1.3},
        params=Figure(9.0e6, 0.1e6, "timm model card, ghostnetv2_130.in1k"),
        macs=Figure(0.3e9, 0.1e9, "timm model card, ghostnetv2_130.in1k"),
    ),
    entry(
        "ghostnet_v2_x1_6",
        reference=Reference(CODE, 12_392_698, 398_607_224),
        arguments={"width_mult": 1.6},
        params=Figure(12.4e6, 0.1e6, "timm model card, ghostnetv2_160.in1k"),
        macs=Figure(0.4e9, 0.1e9, "timm model card, ghostnetv2_160.in1k"),
    ),
)
