"""MicroNet as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

README = "README of liyunsheng13/micronet"
PAPER = Paper("MicroNet: Improving Image Recognition with Extremely Low FLOPs", 2021, "2108.05894")
CODE = "liyunsheng13/micronet at ed89b26"
NOTES = (
    "the networks of the ICCV 2021 paper; arXiv 2011.12289 of 2020 has others under the same names",
    "h-swish and hard sigmoid are one op each; the authors' code writes them as several",
)


def differs(layers: str, shift_max: str, total: str) -> str:
    """Why the published multiply-adds are more than those of convolutions and linear layers."""
    return (
        f"convolutions and linear layers have {layers} M multiply-adds; with the {shift_max} M products of "
        f"Dynamic Shift-Max, elementwise, the sum is {total} M"
    )


entry = partial(Entry, family="micronet", paper=PAPER, builder="micronet:micronet", notes=NOTES)

ENTRIES = (
    entry(
        "micronet_m0",
        reference=Reference(CODE, 1_019_590, 3_448_880),
        arguments={"size": "m0"},
        params=Figure(1.0e6, 0.1e6, README),
        macs=Figure(4e6, 1e6, README),
        metric=Figure(46.6, 0.1, README),
        differs=differs("3.4", "0.6", "4.1"),
    ),
    entry(
        "micronet_m1",
        reference=Reference(CODE, 1_777_587, 5_314_080),
        arguments={"size": "m1"},
        params=Figure(1.8e6, 0.1e6, README),
        macs=Figure(6e6, 1e6, README),
        metric=Figure(51.4, 0.1, README),
        differs=differs("5.3", "0.8", "6.1"),
    ),
    entry(
        "micronet_m2",
        reference=Reference(CODE, 2_393_876, 10_338_128),
        arguments={"size": "m2"},
        params=Figure(2.4e6, 0.1e6, README),
        macs=Figure(12e6, 1e6, README),
        metric=Figure(59.4, 0.1, README),
        differs=differs("10.3", "2.4", "12.7"),
    ),
    entry(
        "micronet_m3",
        reference=Reference(CODE, 2_622_960, 18_236_000),
        arguments={"size": "m3"},
        params=Figure(2.6e6, 0.1e6, README),
        macs=Figure(21e6, 1e6, README),
        metric=Figure(62.5, 0.1, README),
        differs=differs("18.2", "2.6", "20.8"),
    ),
)
