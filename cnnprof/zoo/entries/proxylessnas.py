"""ProxylessNAS as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware", 2018, "1812.00332"
)
CODE = "mit-han-lab/proxylessnas at bf58b5c with the configurations of han-cai/files at a7c9bcd"
README = "README of mit-han-lab/proxylessnas"
LATER = "Table 3 of the MobileNetV3 paper"
SKIPPED = "blocks that the search reduced to the identity are left out: they run nothing"
entry = partial(Entry, family="proxylessnas", paper=PAPER, notes=(SKIPPED,))

ENTRIES = (
    entry(
        "proxylessnas_mobile",
        builder="proxylessnas:proxylessnas_mobile",
        reference=Reference(f"{CODE}, proxyless_mobile", 4_080_512, 320_427_584),
        params=Figure(4.0e6, 0.1e6, LATER),
        macs=Figure(320e6, 1e6, LATER),
        metric=Figure(74.6, 0.1, README),
    ),
    entry(
        "proxylessnas_gpu",
        builder="proxylessnas:proxylessnas_gpu",
        reference=Reference(f"{CODE}, proxyless_gpu", 7_119_848, 465_260_160),
        metric=Figure(75.1, 0.1, README),
    ),
    entry(
        "proxylessnas_cpu",
        builder="proxylessnas:proxylessnas_cpu",
        reference=Reference(f"{CODE}, proxyless_cpu", 4_361_648, 439_243_864),
        metric=Figure(75.3, 0.1, README),
    ),
)
