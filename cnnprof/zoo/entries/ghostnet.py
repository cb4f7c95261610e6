"""GhostNet as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("GhostNet: More Features from Cheap Operations", 2020, "1911.11907")
CODE = "huawei-noah/Efficient-AI-Backbones at f90e129, ghostnet_pytorch"
entry = partial(Entry, family="ghostnet", paper=PAPER, builder="ghostnet:ghostnet")

ENTRIES = (
    entry(
        "ghostnet",
        reference=Reference(CODE, 5_182_508, 141_150_512),
        params=Figure(5.2e6, 0.1e6, "Table 7"),
        macs=Figure(141e6, 1e6, "Table 7"),
        metric=Figure(73.9, 0.1, "Table 7"),
        notes=(
            "the README of the authors' code prints 142 M multiply-adds and 73.98 %",
            'the authors\' ghostnet_tensorflow (layout="tensorflow") rounds otherwise and clips the gate of '
            "attention: 5,183,016 parameters, 141,149,744 multiply-adds",
        ),
    ),
    entry(
        "ghostnet_x0_5",
        reference=Reference(CODE, 2_587_292, 42_328_152),
        arguments={"width_mult": 0.5},
        params=Figure(2.6e6, 0.1e6, "Table 7"),
        macs=Figure(42e6, 1e6, "Table 7"),
        metric=Figure(66.2, 0.1, "Table 7"),
    ),
    entry(
        "ghostnet_x1_3",
        reference=Reference(CODE, 7_358_820, 227_003_256),
        arguments={"width_mult": 1.3},
        params=Figure(7.3e6, 0.1e6, "Table 7"),
        macs=Figure(226e6, 1e6, "Table 7"),
        metric=Figure(75.7, 0.1, "Table 7"),
        differs="227.00 M multiply-adds, as the authors' ghostnet_pytorch rounds; their ghostnet_tensorflow "
        '(layout="tensorflow") has 226.996 M, which the paper cuts off to 226',
    ),
)
