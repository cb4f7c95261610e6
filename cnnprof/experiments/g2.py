"""G2, table 2 of ShuffleNet V2: 1x1 group convolutions of equal multiply-adds, wider with more groups."""

from __future__ import annotations

from cnnprof.experiments.shufflenet import (
    ARM,
    BATCH,
    BLOCKS,
    GPU,
    HW,
    OPTIONS,
    PAPER,
    PLAIN,
    THREADS,
    derived,
)
from cnnprof.records.experiment import Experiment, Group, Platform, Row

MULTIPLIERS = (1, 2, 4)
# groups: channels at x1, then the speed at x1, x2, x4. The column headed "CPU" is the ARM device (section 2).
PRINTED: dict[str, dict[int, tuple[int, tuple[float, float, float]]]] = {
    "gpu": {
        1: (128, (2451, 1289, 437)),
        2: (180, (1725, 873, 341)),
        4: (256, (1026, 644, 338)),
        8: (360, (634, 445, 230)),
    },
    "arm": {
        1: (64, (40.0, 10.2, 2.3)),
        2: (90, (35.0, 9.5, 2.2)),
        4: (128, (32.9, 8.7, 2.1)),
        8: (180, (27.8, 7.5, 1.8)),
    },
}


def row(platform: Platform, place: int, groups: int) -> Row:
    """One network; it is not built where its channels do not divide."""
    width, speeds = PRINTED[platform.key][groups]
    channels = width * MULTIPLIERS[place]
    label, printed = f"g = {groups} ({channels})", {platform.key: speeds[place]}
    if channels % groups:
        differs = f"{channels} channels do not divide into {groups} groups, as the paper prints them"
        return Row(label, input=(56, 56), speeds=printed, differs=differs)
    return Row(
        label,
        "controlled:g2",
        {"channels": channels, "groups": groups, "blocks": BLOCKS},
        (56, 56),
        derived(BLOCKS * HW * channels * channels // groups, "10 layers of h w c c / g"),
        printed,
    )


def group(platform: Platform, place: int) -> Group:
    """The networks of one column."""
    rows = tuple(row(platform, place, groups) for groups in PRINTED[platform.key])
    last = [row.label for row in rows if row.model][-1]
    scope = f"{platform.title} x{MULTIPLIERS[place]}"
    return Group(f"x{MULTIPLIERS[place]}, channels of the {platform.title}", "table 2", rows, last, scope)


EXPERIMENT = Experiment(
    "g2",
    "group convolutions",
    f"{PAPER}, table 2",
    "at equal multiply-adds, 1x1 convolutions in more groups cost time",
    (GPU, ARM),
    tuple(group(platform, place) for platform in (GPU, ARM) for place in range(len(MULTIPLIERS))),
    (PLAIN, BATCH, THREADS),
    OPTIONS,
    notes=(
        "the paper prints no multiply-adds: they are h w c c / g a layer, 10 layers of 56x56, equal within 1.2 % "
        "because channels are rounded",
    ),
)
