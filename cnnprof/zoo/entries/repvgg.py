"""RepVGG, as trained (with its branches) and as deployed (each layer one convolution)."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("RepVGG: Making VGG-style ConvNets Great Again", 2021, "2101.03697")
CODE = "DingXiaoH/RepVGG at eae7c52"
TIMM = "huggingface/pytorch-image-models results/benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv"
TOP1 = Figure(72.41, 0.01, "Table 4")
NOTES = (
    "the 1x1 branch runs before the 3x3 one, as in timm; the authors' code runs the 3x3 branch first",
    "the authors' code adds a literal zero where a layer has no identity branch; that addition is left out",
)
entry = partial(Entry, family="repvgg", paper=PAPER, builder="repvgg:repvgg_a0")

ENTRIES = (
    entry(
        "repvgg_a0",
        reference=Reference(CODE, 9_108_968, 1_512_581_120),
        params=Figure(9.11e6, 0.01e6, TIMM),
        macs=Figure(1.52e9, 0.01e9, TIMM),
        metric=TOP1,
        differs="1.513 G multiply-adds, which print as 1.51; with batch norm 1.517 G",
        notes=(*NOTES, "the paper's figures are of the deployed network"),
    ),
    entry(
        "repvgg_a0_deploy",
        reference=Reference(f"{CODE}, deploy", 8_309_384, 1_361_451_008),
        arguments={"deploy": True},
        params=Figure(8.30e6, 0.01e6, "Table 4"),
        macs=Figure(1.4e9, 0.1e9, "Table 4"),
        metric=TOP1,
    ),
)
