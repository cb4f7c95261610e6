"""StarNet as published; its FLOPs are what fvcore counts: multiply-adds, batch norm and pooling."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Rewrite the Stars", 2024, "2403.19967")
README = "imagenet/README.md of ma-xu/Rewrite-the-Stars"
CODE = "ma-xu/Rewrite-the-Stars at c999eb5, imagenet/starnet.py"
NOTES = (
    "convolutions have a bias, those before a batch norm too, as in the authors' code",
    "stochastic depth, which only training uses, is left out",
)


def differs(multiply_adds: str, fvcore: str) -> str:
    """Why the printed FLOPs are more than the multiply-adds; both in millions."""
    return f"{multiply_adds} M multiply-adds; the README's figure is fvcore's {fvcore} M, with batch norm and pooling"


entry = partial(Entry, family="starnet", paper=PAPER, builder="starnet:starnet", notes=NOTES)

ENTRIES = (
    entry(
        "starnet_s1",
        reference=Reference(CODE, 2_869_168, 421_877_376),
        arguments={"variant": "s1"},
        params=Figure(2.9e6, 0.1e6, README),
        macs=Figure(425e6, 1e6, README),
        metric=Figure(73.6, 0.1, README),
        differs=differs("421.9", "424.6"),
    ),
    entry(
        "starnet_s2",
        reference=Reference(CODE, 3_682_024, 544_113_664),
        arguments={"variant": "s2"},
        params=Figure(3.7e6, 0.1e6, README),
        macs=Figure(547e6, 1e6, README),
        metric=Figure(74.7, 0.1, README),
        differs=differs("544.1", "546.8"),
    ),
    entry(
        "starnet_s3",
        reference=Reference(CODE, 5_750_792, 753_999_872),
        arguments={"variant": "s3"},
        params=Figure(5.8e6, 0.1e6, README),
        macs=Figure(757e6, 1e6, README),
        metric=Figure(77.4, 0.1, README),
        differs=differs("754.0", "757.4"),
    ),
    entry(
        "starnet_s4",
        reference=Reference(CODE, 7_482_728, 1_049_561_600),
        arguments={"variant": "s4"},
        params=Figure(7.5e6, 0.1e6, README),
        macs=Figure(1075e6, 1e6, README),
        metric=Figure(78.8, 0.1, README),
        differs="the authors' code has 1049.6 M multiply-adds, and fvcore, which gives the README's figures for the "
        "smaller three, 1054.0 M with batch norm and pooling",
    ),
)
