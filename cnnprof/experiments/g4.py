"""G4, table 4 of ShuffleNet V2: ResNet's bottleneck with and without ReLU and shortcut."""

from __future__ import annotations

from cnnprof.experiments.shufflenet import ARM, BATCH, BLOCKS, GPU, HW, PAPER, THREADS, derived
from cnnprof.records.experiment import Experiment, Group, Platform, Row

CHANNELS = (32, 64, 128)
# (relu, shortcut): speed at each c. The column headed "CPU" is the ARM device.
PRINTED: dict[str, dict[tuple[bool, bool], tuple[float, float, float]]] = {
    "gpu": {
        (True, True): (2427, 2066, 1436),
        (True, False): (2647, 2256, 1735),
        (False, True): (2672, 2121, 1458),
        (False, False): (2842, 2376, 1782),
    },
    "arm": {
        (True, True): (56.7, 16.9, 5.0),
        (True, False): (61.9, 18.8, 5.2),
        (False, True): (57.3, 18.2, 5.1),
        (False, False): (66.3, 20.2, 5.4),
    },
}
NAMES = {
    (True, True): "ReLU and shortcut",
    (True, False): "ReLU only",
    (False, True): "shortcut only",
    (False, False): "neither",
}


def row(place: int, relu: bool, shortcut: bool) -> Row:
    """One network, with the figures of both devices."""
    channels = CHANNELS[place]
    inner = channels // 4
    weights = 2 * channels * inner + 9 * inner * inner
    return Row(
        NAMES[relu, shortcut],
        "controlled:g4",
        {"channels": channels, "relu": relu, "shortcut": shortcut, "blocks": BLOCKS},
        (56, 56),
        derived(BLOCKS * HW * weights, "10 units of h w (2 c d + 9 d d), d = c / 4"),
        {key: printed[relu, shortcut][place] for key, printed in PRINTED.items()},
    )


def group(place: int) -> Group:
    """The networks of one number of channels."""
    rows = tuple(row(place, *parts) for parts in NAMES)
    title = f"c = {CHANNELS[place]}"
    return Group(title, "table 4", rows, rows[-1].label, title)


PLATFORMS: tuple[Platform, ...] = (GPU, ARM)
EXPERIMENT = Experiment(
    "g4",
    "element-wise ops",
    f"{PAPER}, table 4",
    "ReLU and shortcut have next to no multiply-adds, yet without them the network is faster",
    PLATFORMS,
    tuple(group(place) for place in range(len(CHANNELS))),
    (
        "c are the unit's outer channels, its inner ones c / 4; the paper says 'channels in unit'. Were c inside, the "
        "phone's 5.0 images per s at c = 128 would be 44 G multiply-adds per s, several times its peak "
        "(--arg c_is=inner --arg ratio=4)",
        "input 56 x 56, as in tables 1 to 3; table 4 does not say (--input 28 changes it)",
        "no batch norm and no bias; the paper names neither (--arg norm=true --arg bias=true)",
        BATCH,
        THREADS,
    ),
    ("norm", "bias", "c_is", "ratio"),
    open_input=True,
    notes=("the paper prints no multiply-adds: they follow from the decisions above",),
)
