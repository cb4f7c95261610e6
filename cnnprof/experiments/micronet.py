"""MicroNet beside MobileNetV3-Small at the same printed multiply-adds."""

from __future__ import annotations

from cnnprof.experiments.rules import BATCH_NORM
from cnnprof.experiments.shufflenet import millions
from cnnprof.records.experiment import Experiment, Group, Platform, Row

README = "README of liyunsheng13/micronet"
V3 = "MobileNetV3, table 9"
PIXEL = Platform(
    "pixel1", "Pixel 1", "ms", "MobileNetV3's table 9: one thread on the large core, TensorFlow Lite, float"
)


READING = (
    "a reading, since the README does not say: one multiply-add for each output of a batch norm gives its four "
    "figures, rounded; so do the products of Dynamic Shift-Max, with M2's 12.76 M cut off"
)


def micro(size: str, macs: float, metric: float) -> Row:
    """One MicroNet."""
    return Row(
        f"MicroNet-{size}",
        f"micronet_{size.lower()}",
        macs=millions(macs, README),
        metric=metric,
        differs=READING,
        rule=BATCH_NORM,
    )


def small(width: float, macs: float, metric: float, ms: float) -> Row:
    """MobileNetV3-Small at one width."""
    return Row(
        f"MobileNetV3-Small {width:g}",
        "mobilenet_v3_small",
        {"width_mult": width},
        macs=millions(macs, V3),
        speeds={"pixel1": ms},
        metric=metric,
    )


EXPERIMENT = Experiment(
    "micronet",
    "MicroNet beside MobileNetV3-Small",
    "MicroNet (2021, arXiv:2108.05894), README; MobileNetV3 (2019, arXiv:1905.02244), table 9",
    "at equal multiply-adds MicroNet is more accurate than MobileNetV3-Small by 4.5 to 9.6 points",
    (PIXEL,),
    (
        Group(
            "12 M multiply-adds",
            f"{README}; {V3}",
            (small(0.35, 12, 49.8, 5.7), micro("M2", 12, 59.4)),
        ),
        Group(
            "21 M multiply-adds",
            f"{README}; {V3}",
            (small(0.5, 21, 58.0, 7.7), micro("M3", 21, 62.5)),
        ),
        Group(
            "its smaller sizes", README, (micro("M0", 4, 46.6), micro("M1", 6, 51.4), micro("M2", 12, 59.4))
        ),
    ),
    ("batch 1; threads and runtime as asked for",),
    metric_name="top-1 %",
    notes=(
        "MicroNet's paper shows latency as a picture only, of which no figure is at hand: the phone's column is "
        "MobileNetV3's own, and what is new here is this machine's",
    ),
)
