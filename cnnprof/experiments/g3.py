"""G3, table 3 of ShuffleNet V2: blocks of one to four 1x1 convolutions, in series or in parallel, at equal macs."""

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

CHANNELS = {"gpu": (128, 256, 512), "arm": (64, 128, 256)}  # c, those of one fragment
# (fragments, parallel): speed at each c. The column headed "CPU" is the ARM device.
PRINTED: dict[str, dict[tuple[int, bool], tuple[float, float, float]]] = {
    "gpu": {
        (1, False): (2446, 1274, 434),
        (2, False): (1790, 909, 336),
        (4, False): (752, 745, 349),
        (2, True): (1537, 803, 320),
        (4, True): (691, 572, 292),
    },
    "arm": {
        (1, False): (40.2, 10.1, 2.3),
        (2, False): (38.6, 10.1, 2.2),
        (4, False): (38.4, 10.1, 2.3),
        (2, True): (33.4, 9.1, 2.2),
        (4, True): (35.0, 8.4, 2.1),
    },
}
# c / sqrt(n), to the nearest integer: the paper only says that channels are adjusted to equal FLOPs.
WIDTHS = {
    1: {64: 64, 128: 128, 256: 256, 512: 512},
    2: {64: 45, 128: 91, 256: 181, 512: 362},
    4: {64: 32, 128: 64, 256: 128, 512: 256},
}


def row(platform: Platform, place: int, fragments: int, parallel: bool) -> Row:
    """One network."""
    channels = CHANNELS[platform.key][place]
    width = WIDTHS[fragments][channels]
    kind = "parallel" if parallel else "series"
    name = "1 fragment" if fragments == 1 else f"{fragments} in {kind}"
    return Row(
        f"{name} ({width})",
        "controlled:g3",
        {"channels": channels, "fragments": fragments, "parallel": parallel, "blocks": BLOCKS},
        (56, 56),
        derived(BLOCKS * HW * fragments * width * width, "10 blocks of n h w c' c'"),
        {platform.key: PRINTED[platform.key][fragments, parallel][place]},
    )


def group(platform: Platform, place: int) -> Group:
    """The networks of one column."""
    rows = tuple(row(platform, place, *structure) for structure in PRINTED[platform.key])
    channels = CHANNELS[platform.key][place]
    scope = f"{platform.title} c = {channels}"
    return Group(f"c = {channels}, a column of the {platform.title}", "table 3", rows, rows[-1].label, scope)


EXPERIMENT = Experiment(
    "g3",
    "fragments",
    f"{PAPER}, table 3",
    "at equal multiply-adds, blocks of several small convolutions cost time, in parallel above all on the GPU",
    (GPU, ARM),
    tuple(group(platform, place) for platform in (GPU, ARM) for place in range(3)),
    (
        "fragments in parallel are added; the paper draws how they join and does not write it "
        "(--arg join=concat gives each 1/n of the c channels instead)",
        "channels of n fragments are c / sqrt(n), to the nearest integer, in brackets in the table; the paper only "
        "says that the FLOPs are equal",
        PLAIN,
        BATCH,
        THREADS,
    ),
    (*OPTIONS, "join"),
    notes=(
        "the paper prints no multiply-adds: they are n h w c' c' a block, 10 blocks of 56x56, equal within 1.2 %",
        "1 fragment of c channels is table 2's g = 1: the paper's two measurements of it differ by up to 1.2 %",
    ),
)
