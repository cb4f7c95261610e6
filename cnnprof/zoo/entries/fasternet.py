"""FasterNet as published; its FLOPs are multiply-adds."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Run, Don't Walk: Chasing Higher FLOPS for Faster Neural Networks", 2023, "2303.03667")
README = "README of JierunChen/FasterNet"
CODE = "JierunChen/FasterNet at e8fba44"
NOTES = (
    "the partial convolution splits and concatenates, the default of the authors' code; its other way "
    "(slicing) writes into a clone of the input",
    "stochastic depth, which only training uses, is left out",
)
entry = partial(Entry, family="fasternet", paper=PAPER, builder="fasternet:fasternet", notes=NOTES)

ENTRIES = (
    entry(
        "fasternet_t0",
        reference=Reference(f"{CODE}, cfg/fasternet_t0.yaml", 3_905_500, 335_422_720),
        arguments={"variant": "t0"},
        params=Figure(3.9e6, 0.1e6, README),
        macs=Figure(0.34e9, 0.01e9, README),
        metric=Figure(71.9, 0.1, README),
    ),
    entry(
        "fasternet_t1",
        reference=Reference(f"{CODE}, cfg/fasternet_t1.yaml", 7_595_368, 850_511_872),
        arguments={"variant": "t1"},
        params=Figure(7.6e6, 0.1e6, README),
        macs=Figure(0.85e9, 0.01e9, README),
        metric=Figure(76.2, 0.1, README),
    ),
    entry(
        "fasternet_t2",
        reference=Reference(f"{CODE}, cfg/fasternet_t2.yaml", 14_982_888, 1_904_334_848),
        arguments={"variant": "t2"},
        params=Figure(15.0e6, 0.1e6, README),
        macs=Figure(1.90e9, 0.01e9, README),
        metric=Figure(78.9, 0.1, README),
    ),
)
