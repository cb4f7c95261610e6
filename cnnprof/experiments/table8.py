"""Table 8 of ShuffleNet V2: networks at 40, 140, 300 and 500 million multiply-adds on a GPU and a phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from cnnprof.experiments.rules import CONDENSENET, POOLING
from cnnprof.experiments.shufflenet import ARM, GPU, PAPER, THREADS, millions
from cnnprof.records.experiment import Experiment, Group, Row, Rule

Value = TypeVar("Value")

UNPUBLISHED = "the layers of the paper's own implementation are not published"
NOT_IN_ZOO = "not in the zoo"
ATTENTION = (
    "the paper says neither where its SE stands nor what it reduces to; a reduction of 2 on the outputs of all 16 "
    "units would give 596.7 M"
)
WIDTH = (
    "the paper's own networks, not published: MobileNet V2's authors print 153 M for 0.75 at 192, as counted here; of "
    "2,688 readings (rounding, stem, first and last block, head, classifier) none gives more than 4 of the 6 figures"
)
IGCV3 = (
    "the authors' released layers have fewer; their code scales the first expansion of a stage twice, which would give "
    "168 M at 0.7 and 621 M at 1.4: no reading gives 210, 318 or 610"
)
POOLED = "a reading, since the paper does not say; the other widths print alike with it and without"
COUNTER = "the authors' own counter, measure_model of ShichenLiu/CondenseNet"

# label, printed M multiply-adds, top-1 error %, GPU batches/s, ARM images/s; None where not measured
Printed = tuple[str, float, float, float | None, float | None]
LEVELS: dict[int, tuple[Printed, ...]] = {
    40: (
        ("ShuffleNet v2 0.5x", 41, 39.7, 417, 57.0),
        ("0.25 MobileNet v1", 41, 49.4, 502, 36.4),
        ("0.4 MobileNet v2 (160)", 43, 43.4, 333, 33.2),
        ("0.15 MobileNet v2", 39, 55.1, 351, 33.6),
        ("ShuffleNet v1 0.5x (g=3)", 38, 43.2, 347, 56.8),
        ("DenseNet 0.5x", 42, 58.6, 366, 39.7),
        ("Xception 0.5x", 40, 44.9, 384, 52.9),
        ("IGCV2-0.25", 46, 45.1, 183, 31.5),
    ),
    140: (
        ("ShuffleNet v2 1x", 146, 30.6, 341, 24.4),
        ("0.5 MobileNet v1", 149, 36.3, 382, 16.5),
        ("0.75 MobileNet v2 (192)", 145, 32.1, 235, 15.9),
        ("0.6 MobileNet v2", 141, 33.3, 249, 14.9),
        ("ShuffleNet v1 1x (g=3)", 140, 32.6, 213, 21.8),
        ("DenseNet 1x", 142, 45.2, 279, 15.8),
        ("Xception 1x", 145, 34.1, 278, 19.5),
        ("IGCV2-0.5", 156, 34.5, 132, 15.5),
        ("IGCV3-D (0.7)", 210, 31.5, 143, 11.7),
    ),
    300: (
        ("ShuffleNet v2 1.5x", 299, 27.4, 255, 11.8),
        ("0.75 MobileNet v1", 325, 31.6, 314, 10.6),
        ("1.0 MobileNet v2", 300, 28.0, 180, 8.9),
        ("ShuffleNet v1 1.5x (g=3)", 292, 28.5, 164, 10.3),
        ("DenseNet 1.5x", 295, 39.9, 274, 9.7),
        ("CondenseNet (G=C=8)", 274, 29.0, None, None),
        ("Xception 1.5x", 305, 29.4, 219, 10.5),
        ("IGCV3-D", 318, 27.8, 102, 6.3),
    ),
    500: (
        ("ShuffleNet v2 2x", 591, 25.1, 217, 6.7),
        ("1.0 MobileNet v1", 569, 29.4, 247, 6.5),
        ("1.4 MobileNet v2", 585, 25.3, 137, 5.4),
        ("ShuffleNet v1 2x (g=3)", 524, 26.3, 133, 6.4),
        ("DenseNet 2x", 519, 34.6, 197, 6.1),
        ("CondenseNet (G=C=4)", 529, 26.2, None, None),
        ("Xception 2x", 525, 27.6, 174, 6.7),
        ("IGCV2-1.0", 564, 29.3, 81, 4.9),
        ("IGCV3-D (1.4)", 610, 25.5, 82, 4.5),
        ("ShuffleNet v2 2x with SE", 597, 24.6, 161, 5.6),
        ("NASNet-A (4@1056)", 564, 26.0, 130, 4.6),
        ("PNASNet-5", 588, 25.8, 115, 4.1),
    ),
}

AUTHORS: dict[str, object] = {"layout": "authors"}
# label: the network of the zoo, its arguments, the side of its input, why its count is not the printed one
BUILT: dict[str, tuple[str, dict[str, object], int, str]] = {
    "ShuffleNet v2 0.5x": (
        "shufflenet_v2_x0_5",
        AUTHORS,
        224,
        POOLED,
    ),
    "ShuffleNet v2 1x": ("shufflenet_v2", AUTHORS, 224, ""),
    "ShuffleNet v2 1.5x": ("shufflenet_v2_x1_5", AUTHORS, 224, ""),
    "ShuffleNet v2 2x": ("shufflenet_v2_x2_0", AUTHORS, 224, ""),
    "0.25 MobileNet v1": ("mobilenet_v1_x0_25", {}, 224, ""),
    "0.5 MobileNet v1": ("mobilenet_v1_x0_5", {}, 224, ""),
    "0.75 MobileNet v1": ("mobilenet_v1_x0_75", {}, 224, ""),
    "1.0 MobileNet v1": ("mobilenet_v1", {}, 224, ""),
    "0.4 MobileNet v2 (160)": ("mobilenet_v2", {"width_mult": 0.4}, 160, WIDTH),
    "0.15 MobileNet v2": ("mobilenet_v2", {"width_mult": 0.15}, 224, WIDTH),
    "0.75 MobileNet v2 (192)": ("mobilenet_v2_x0_75", {}, 192, WIDTH),
    "0.6 MobileNet v2": ("mobilenet_v2", {"width_mult": 0.6}, 224, WIDTH),
    "1.0 MobileNet v2": ("mobilenet_v2", {}, 224, ""),
    "1.4 MobileNet v2": (
        "mobilenet_v2_x1_4",
        {},
        224,
        "582.20 M in every implementation and in the README of MobileNet V2's authors; 585 is their paper's, "
        "587 this paper's own",
    ),
    "ShuffleNet v1 0.5x (g=3)": ("shufflenet_v1_g3_x0_5", {}, 224, ""),
    "ShuffleNet v1 1x (g=3)": (
        "shufflenet_v1",
        {},
        224,
        "137.46 M; 140 is the level's round name: ShuffleNet v1's own table 1 prints 137",
    ),
    "ShuffleNet v1 1.5x (g=3)": ("shufflenet_v1_g3_x1_5", {}, 224, ""),
    "ShuffleNet v1 2x (g=3)": ("shufflenet_v1_g3_x2_0", {}, 224, ""),
    "IGCV3-D (0.7)": ("igcv3", {"width_mult": 0.7}, 224, IGCV3),
    "IGCV3-D": ("igcv3", {}, 224, IGCV3),
    "IGCV3-D (1.4)": ("igcv3", {"width_mult": 1.4}, 224, IGCV3),
    "CondenseNet (G=C=8)": ("condensenet_g8", {}, 224, COUNTER),
    "CondenseNet (G=C=4)": ("condensenet_g4", {}, 224, COUNTER),
}
# What is printed elsewhere of the very network.
ELSEWHERE = {
    "1.4 MobileNet v2": millions(582, "README of MobileNet V2's authors"),
    "ShuffleNet v1 1x (g=3)": millions(137, "ShuffleNet V1, table 1"),
}
# How a label begins: what the printed figures count besides, and why a network is not built.
RULES: dict[str, Rule | None] = {"ShuffleNet v2": POOLING, "CondenseNet": CONDENSENET}
MISSING = {"DenseNet": UNPUBLISHED, "Xception": UNPUBLISHED, "ShuffleNet v2 2x with SE": ATTENTION}


def begins(label: str, table: Mapping[str, Value], otherwise: Value) -> Value:
    """What the table holds for the beginning of a label."""
    return next((found for start, found in table.items() if label.startswith(start)), otherwise)


def row(printed: Printed) -> Row:
    """One row as printed, built where the zoo has the network."""
    label, macs, error, gpu, arm = printed
    speeds = {key: speed for key, speed in (("gpu", gpu), ("arm", arm)) if speed is not None}
    found = Row(label, macs=millions(macs, "table 8"), speeds=speeds, metric=error)
    if label not in BUILT:
        return replace(found, differs=begins(label, MISSING, NOT_IN_ZOO))
    model, arguments, side, differs = BUILT[label]
    return replace(
        found,
        model=model,
        arguments=arguments,
        input=(3, side, side),
        differs=differs,
        rule=begins(label, RULES, None),
        macs_elsewhere=ELSEWHERE.get(label),
    )


def rows(printed: Iterable[Printed]) -> tuple[Row, ...]:
    """Several of them."""
    return tuple(row(one) for one in printed)


EXPERIMENT = Experiment(
    "table8",
    "networks at equal multiply-adds",
    f"{PAPER}, table 8",
    "networks of equal multiply-adds differ widely in speed, and not alike on a GPU and a phone",
    (GPU, ARM),
    tuple(Group(f"{level} M multiply-adds", "table 8", rows(printed)) for level, printed in LEVELS.items()),
    (
        "batch 1, as on the paper's ARM device; its GPU had batches of 8, whose figures are batches per s "
        "(--batch 8 sets it)",
        THREADS,
        "ShuffleNet v2 in the authors' layout, whose multiply-adds the paper prints; torchvision's has up to 1 % fewer",
        "MobileNet v2 stands twice in the paper at 1.0 and 1.4, as published (300 and 585 M) and as the paper's own "
        "(301 and 587 M), with the same speeds: once here",
    ),
    metric_name="top-1 error %",
)
