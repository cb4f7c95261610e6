"""G1, table 1 of ShuffleNet V2: 1x1 convolutions of equal multiply-adds at several ratios of channels."""

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
# (c1, c2) at x1, then the speed at x1, x2, x4.
PRINTED: dict[str, dict[str, tuple[tuple[int, int], tuple[float, float, float]]]] = {
    "gpu": {
        "1:1": ((128, 128), (1480, 723, 232)),
        "1:2": ((90, 180), (1296, 586, 206)),
        "1:6": ((52, 312), (876, 489, 189)),
        "1:12": ((36, 432), (748, 392, 163)),
    },
    "arm": {
        "1:1": ((32, 32), (76.2, 21.7, 5.3)),
        "1:2": ((22, 44), (72.9, 20.5, 5.1)),
        "1:6": ((13, 78), (69.1, 17.9, 4.6)),
        "1:12": ((9, 108), (57.6, 15.1, 4.4)),
    },
}


def group(platform: Platform, place: int) -> Group:
    """The four networks of one column."""
    multiplier = MULTIPLIERS[place]
    rows = []
    for ratio, ((c1, c2), speeds) in PRINTED[platform.key].items():
        c1, c2 = c1 * multiplier, c2 * multiplier
        macs = derived(2 * BLOCKS * HW * c1 * c2, "10 blocks of 2 h w c1 c2")
        rows.append(
            Row(
                f"{ratio} ({c1}, {c2})",
                "controlled:g1",
                {"c1": c1, "c2": c2, "blocks": BLOCKS},
                (56, 56),
                macs,
                {platform.key: speeds[place]},
            )
        )
    scope = f"{platform.title} x{multiplier}"
    return Group(
        f"x{multiplier}, channels of the {platform.title}", "table 1", tuple(rows), rows[-1].label, scope
    )


EXPERIMENT = Experiment(
    "g1",
    "equal channel widths",
    f"{PAPER}, table 1",
    "at equal multiply-adds, unequal channels before and after 1x1 convolutions cost time",
    (GPU, ARM),
    tuple(group(platform, place) for platform in (GPU, ARM) for place in range(len(MULTIPLIERS))),
    (PLAIN, BATCH, THREADS),
    OPTIONS,
    notes=(
        "the paper prints no multiply-adds: they are 2 h w c1 c2 a block, 10 blocks of 56x56, equal within 6 % because "
        "channels are rounded",
    ),
)
