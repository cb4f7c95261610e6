"""ShuffleNet V2 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", 2018, "1807.11164")
NO_BIAS = "the authors' classifier has no bias, torchvision's has"


def layouts(params: str, macs: str, authors_params: str, authors_macs: str) -> str:
    """The note that shows the counts of both layouts."""
    return (
        f"torchvision's layout: {params} parameters, {macs} multiply-adds; "
        f'the authors\' (layout="authors"): {authors_params} and {authors_macs}'
    )


def differs(torchvision: str, authors: str) -> str:
    """Why torchvision's layout has fewer multiply-adds than the paper prints."""
    return (
        f"the paper counts the authors' layout, which splits the first unit of stage 2 unevenly ({authors} M "
        f"multiply-adds); torchvision, followed here by default, splits it in halves ({torchvision} M)"
    )


entry = partial(Entry, family="shufflenet_v2", paper=PAPER, builder="shufflenet_v2:shufflenet_v2")

ENTRIES = (
    entry(
        "shufflenet_v2",
        reference=Reference("torchvision 0.29.1 shufflenet_v2_x1_0", 2_278_604, 144_907_992),
        params=Figure(2.3e6, 0.1e6, "Table 5"),
        macs=Figure(146e6, 1e6, "Table 5"),
        metric=Figure(69.4, 0.1, "Table 8"),
        differs=differs("144.9", "145.8"),
        notes=(layouts("2,278,604", "144,907,992", "2,278,760", "145,814,296"), NO_BIAS),
    ),
    entry(
        "shufflenet_v2_x0_5",
        reference=Reference("torchvision 0.29.1 shufflenet_v2_x0_5", 1_366_792, 40_476_448),
        arguments={"width_mult": 0.5},
        params=Figure(1.4e6, 0.1e6, "Table 5"),
        macs=Figure(41e6, 1e6, "Table 5"),
        metric=Figure(60.3, 0.1, "Table 8"),
        differs="40.48 M multiply-adds, which print as 40; with average pooling 40.53 M",
        notes=(
            layouts("1,366,792", "40,476,448", "1,365,792", "40,476,448"),
            NO_BIAS,
            "the README of megvii-model/ShuffleNet-Series reports 61.1 % top-1",
        ),
    ),
    entry(
        "shufflenet_v2_x1_5",
        reference=Reference("torchvision 0.29.1 shufflenet_v2_x1_5", 3_503_624, 295_759_392),
        arguments={"width_mult": 1.5},
        params=Figure(3.5e6, 0.1e6, "Table 5"),
        macs=Figure(299e6, 1e6, "Table 5"),
        metric=Figure(72.6, 0.1, "Table 8"),
        differs=differs("295.8", "299.0"),
        notes=(layouts("3,503,624", "295,759,392", "3,506,720", "298,970,656"), NO_BIAS),
    ),
    entry(
        "shufflenet_v2_x2_0",
        reference=Reference("torchvision 0.29.1 shufflenet_v2_x2_0", 7_393_996, 583_253_464),
        arguments={"width_mult": 2.0},
        params=Figure(7.4e6, 0.1e6, "Table 5"),
        macs=Figure(591e6, 1e6, "Table 5"),
        metric=Figure(74.9, 0.1, "Table 8"),
        differs=differs("583.3", "590.8"),
        notes=(layouts("7,393,996", "583,253,464", "7,402,600", "590,783,000"), NO_BIAS),
    ),
    entry(
        "shufflenet_v2_50",
        builder="shufflenet_v2:shufflenet_v2_50",
        reference=Reference(
            "torchvision 0.29.1, its InvertedResidual units in the layers of the appendix",
            16_573_534,
            2_304_152_672,
        ),
        macs=Figure(2.3e9, 0.1e9, "Table 6"),
        metric=Figure(77.2, 0.1, "Table 6"),
        notes=(
            "no code of the authors is public: this follows the appendix's table of large models; "
            "the units of conv2_x all have stride 1, because the pool before them has reached their size",
            layouts("16,573,534", "2,304,152,672", "16,575,898", "2,314,702,176"),
        ),
    ),
)
