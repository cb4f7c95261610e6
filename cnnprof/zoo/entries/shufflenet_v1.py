"""ShuffleNet V1 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices", 2017, "1707.01083"
)
CODE = "megvii-model/ShuffleNet-Series at aa91feb"
README = "README of megvii-model/ShuffleNet-Series"
NOTES = (
    "the classifier has no bias, as in the authors' code; copies with a bias have 1,000 parameters more",
    "the shuffle follows the depthwise convolution, as in the authors' code; figure 2 has it before",
)
TABLE_1 = "the authors' code has 3 and 8 groups only: its units with the channels of Table 1"
ROUNDED = (
    "the paper gives no channels at this width: those of Table 1 are scaled, the stages up to a multiple of "
    "4 x groups and the first convolution to one of groups, so that every grouped convolution divides"
)
ROW = "the paper prints one figure for all groups of this width"
OWN_README = f"the {README} prints"


def entry(
    groups: int,
    width_mult: float,
    counts: tuple[int, int],
    macs: tuple[float, str],
    top1: tuple[float, str],
    params: float | None = None,
    differs: str = "",
    notes: tuple[str, ...] = (),
) -> Entry:
    """One row; ``counts`` are the reference's params and macs, ``params`` and ``macs`` published millions."""
    width = "" if width_mult == 1 else f"_x{width_mult}".replace(".", "_")
    official = groups in (3, 8) and width_mult >= 0.5
    return Entry(
        "shufflenet_v1" if (groups, width_mult) == (3, 1.0) else f"shufflenet_v1_g{groups}{width}",
        "shufflenet_v1",
        PAPER,
        "shufflenet_v1:shufflenet_v1",
        Reference(CODE if official else f"{CODE}, its units at these channels", *counts),
        {"groups": groups, "width_mult": width_mult},
        params=None if params is None else Figure(params * 1e6, 0.1e6, README),
        macs=Figure(macs[0] * 1e6, 1e6, macs[1]),
        metric=Figure(top1[0], 0.1, top1[1]),
        differs=differs,
        notes=(*NOTES, *notes),
    )


ENTRIES = (
    entry(3, 1.0, (1_864_728, 137_460_672), (137, "Table 1"), (67.4, "Table 2"), 1.9),
    entry(3, 0.5, (717_324, 37_589_856), (38, "Table 2"), (56.8, "Table 2"), 0.7),
    entry(3, 0.25, (304_902, 11_009_808), (13, "Table 2"), (45.0, "Table 2"), None, ROW, (ROUNDED,)),
    entry(3, 1.5, (3_441_168, 292_443_552), (292, "Table 5"), (71.5, "Table 5"), 3.4),
    entry(3, 2.0, (5_449_776, 524_045_184), (524, "Table 5"), (73.7, "Table 5"), 5.4),
    entry(1, 1.0, (1_530_936, 143_078_976), (143, "Table 1"), (66.4, "Table 2"), notes=(TABLE_1,)),
    entry(1, 0.5, (533_484, 38_517_408), (38, "Table 2"), (54.9, "Table 2"), notes=(TABLE_1, ROUNDED)),
    entry(1, 0.25, (208_746, 11_003_184), (13, "Table 2"), (42.9, "Table 2"), None, ROW, (TABLE_1, ROUNDED)),
    entry(2, 1.0, (1_732_848, 140_836_512), (140, "Table 1"), (67.3, "Table 2"), notes=(TABLE_1,)),
    entry(2, 0.5, (643_320, 38_914_784), (38, "Table 2"), (55.6, "Table 2"), notes=(TABLE_1, ROUNDED)),
    entry(2, 0.25, (267_652, 11_964_312), (13, "Table 2"), (43.2, "Table 2"), None, ROW, (TABLE_1, ROUNDED)),
    entry(
        4,
        1.0,
        (1_967_344, 134_339_776),
        (133, "Table 1"),
        (67.2, "Table 2"),
        differs="the channels of Table 1 give 134.3 M multiply-adds",
        notes=(TABLE_1,),
    ),
    entry(4, 0.5, (777_592, 37_943_936), (38, "Table 2"), (58.4, "Table 2"), notes=(TABLE_1, ROUNDED)),
    entry(4, 0.25, (339_936, 13_019_056), (13, "Table 2"), (45.8, "Table 2"), notes=(TABLE_1, ROUNDED)),
    entry(
        8,
        1.0,
        (2_433_768, 138_365_952),
        (137, "Table 1"),
        (67.6, "Table 2"),
        2.4,
        f"{OWN_README} 138 M, as the layers give",
    ),
    entry(
        8,
        0.5,
        (1_010_448, 40_469_760),
        (38, "Table 2"),
        (57.7, "Table 2"),
        1.0,
        f"{ROW}; {OWN_README} 40 M, as the layers give",
    ),
    entry(8, 0.25, (453_504, 12_426_240), (13, "Table 2"), (47.3, "Table 2"), None, ROW, (ROUNDED,)),
    entry(8, 1.5, (4_268_952, 290_188_800), (290, README), (71.0, README), 4.3),
    entry(8, 2.0, (6_521_232, 521_942_016), (522, README), (72.9, README), 6.5),
)
