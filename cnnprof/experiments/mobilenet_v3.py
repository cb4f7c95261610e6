"""Tables 3 and 9 of the MobileNetV3 paper: latency on three Pixel phones, and over widths and resolutions."""

from __future__ import annotations

from cnnprof.experiments.rules import POOLING
from cnnprof.experiments.shufflenet import millions
from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Experiment, Group, Platform, Row, Rule

RUN = "one thread on the large core, TensorFlow Lite, float, batch 1"
P1, P2, P3 = (Platform(f"pixel{n}", f"Pixel {n}", "ms", RUN) for n in (1, 2, 3))
TABLE3 = "table 3"
TABLE9 = "table 9"
POOLED = (
    "a reading, since the paper does not say; with it all 19 figures of table 9 print, rounded or cut off"
)
OWN_TABLE9 = millions(217, "table 9 of MobileNetV3")
HEAD = "355.22 M without it; the 7.5 M parameters of table 9 have 1280 channels before the classifier at this width too"


def compared(
    label: str,
    model: str,
    macs: float,
    metric: float,
    milliseconds: tuple[float, float, float],
    differs: str = "",
    width: float | None = None,
    step: float = 1,
    rule: Rule | None = None,
    macs_elsewhere: Figure | None = None,
) -> Row:
    """One row of table 3."""
    arguments: dict[str, object] = {} if width is None else {"width_mult": width}
    speeds = dict(zip(("pixel1", "pixel2", "pixel3"), milliseconds, strict=True))
    return Row(
        label,
        model,
        arguments,
        macs=millions(macs, TABLE3, step),
        speeds=speeds,
        metric=metric,
        differs=differs,
        rule=rule,
        macs_elsewhere=macs_elsewhere,
    )


LARGE = (
    compared(
        "V3-Large 1.0",
        "mobilenet_v3_large",
        219,
        75.2,
        (51, 61, 44),
        "216.59 M, which table 9 of the same paper prints: 217; average pooling and the products of attention would "
        "make it 217.83 M",
        macs_elsewhere=OWN_TABLE9,
    ),
    compared("V3-Large 0.75", "mobilenet_v3_large", 155, 73.3, (39, 46, 40), width=0.75, rule=POOLING),
    compared(
        "MnasNet-A1",
        "mnasnet_a1",
        315,
        75.2,
        (71, 86, 61),
        "311.58 M, which MnasNet's own paper prints: 312; its README's 315.2 M has at five resolutions 3.4 M more that "
        "grow with the area and 0.2 M that do not, and does not say of what",
        macs_elsewhere=millions(312, "MnasNet, table 1"),
    ),
    compared("Proxyless", "proxylessnas_mobile", 320, 74.6, (72, 84, 60)),
    compared("V2 1.0", "mobilenet_v2", 300, 72.0, (64, 76, 56)),
)
SMALL = (
    compared("V3-Small 1.0", "mobilenet_v3_small", 56, 67.4, (15.8, 19.4, 14.4), rule=POOLING),
    compared(
        "V3-Small 0.75",
        "mobilenet_v3_small",
        44,
        65.4,
        (12.8, 15.6, 11.7),
        POOLED,
        0.75,
        rule=POOLING,
    ),
    compared(
        "Mnas-small",
        "",
        65.1,
        64.9,
        (20.3, 24.2, 17.2),
        "its layers are not published: the zoo's mnasnet_small is that of a second search, of 68 M and 66.0 %",
        step=0.1,
    ),
    compared("V2 0.35", "mobilenet_v2_x0_35", 59.2, 60.8, (16.6, 19.6, 13.9), step=0.1),
)

# (width, side): printed M multiply-adds, top-1 %, ms on the Pixel 1, why the count is another
TABLE9_LARGE: dict[tuple[float, int], tuple[float, float, float, str]] = {
    (1.0, 224): (217, 75.2, 51.2, ""),
    (1.25, 224): (356, 76.6, 77.0, HEAD),
    (0.75, 224): (155, 73.3, 39.8, ""),
    (0.5, 224): (69, 68.8, 21.7, ""),
    (0.35, 224): (40, 64.2, 15.1, POOLED),
    (1.0, 256): (282, 76.0, 65.6, ""),
    (1.0, 192): (160, 73.7, 38.0, ""),
    (1.0, 160): (112, 71.7, 27.8, ""),
    (1.0, 128): (73, 68.4, 17.8, ""),
    (1.0, 96): (43, 63.3, 12.5, ""),
}
TABLE9_SMALL: dict[tuple[float, int], tuple[float, float, float, str]] = {
    (1.0, 224): (57, 67.5, 15.8, ""),
    (1.25, 224): (91, 70.4, 23.6, ""),
    (0.75, 224): (44, 65.4, 12.8, POOLED),
    (0.5, 224): (21, 58.0, 7.7, ""),
    (0.35, 224): (12, 49.8, 5.7, ""),
    (1.0, 256): (74, 68.5, 20.0, POOLED),
    (1.0, 160): (30, 62.8, 8.6, ""),
    (1.0, 128): (20, 57.3, 5.8, ""),
    (1.0, 96): (12, 51.7, 4.4, ""),
}


def widened(size: str, width: float) -> dict[str, object]:
    """The arguments of a width."""
    kept: dict[str, object] = {"head": 1280} if (size, width) == ("large", 1.25) else {}
    return {} if width == 1 else {"width_mult": width, **kept}


def scaled(size: str, table: dict[tuple[float, int], tuple[float, float, float, str]]) -> Group:
    """All rows of table 9 of one size."""
    rows = tuple(
        Row(
            f"{size.capitalize()} {side}/{width:g}",
            f"mobilenet_v3_{size}",
            widened(size, width),
            (3, side, side),
            millions(macs, TABLE9),
            {"pixel1": ms},
            top1,
            differs,
            POOLING,
        )
        for (width, side), (macs, top1, ms, differs) in table.items()
    )
    return Group(f"{size} at other resolutions and widths", TABLE9, rows)


EXPERIMENT = Experiment(
    "mobilenet-v3",
    "MobileNetV3 on phones",
    "MobileNetV3 (2019, arXiv:1905.02244), tables 3 and 9",
    "MobileNetV3 is faster than networks of the same accuracy; latency follows width and resolution",
    (P1, P2, P3),
    (
        Group("large networks", TABLE3, LARGE),
        Group("small networks", TABLE3, SMALL),
        scaled("large", TABLE9_LARGE),
        scaled("small", TABLE9_SMALL),
    ),
    ("batch 1; threads and runtime as asked for, where the paper ran one thread of TensorFlow Lite",),
    metric_name="top-1 %",
    notes=(
        "figures of the paper's final version; its first version prints latencies up to 41 % longer",
        "the paper draws a squeeze-and-excite on Small's last convolution that no released code has, nor this one",
    ),
)
