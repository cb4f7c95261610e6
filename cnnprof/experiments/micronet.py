"""MicroNet beside MobileNetV3-Small at the same printed multiply-adds."""

from __future__ import annotations

from cnnprof.experiments.shufflenet import millions
from cnnprof.records.experiment import Experiment, Group, Platform, Row

README = "README of liyunsheng13/micronet"
V3 = "MobileNetV3, table 9"
PIXEL = Platform(
    "pixel1", "Pixel 1", "ms", "MobileNetV3's table 9: one thread on the large core, TensorFlow Lite, float"
)


def micro(size: str, macs: float, metric: float, layers: str, products: str, total: str) -> Row:
    """One MicroNet; its printed figure counts the products of Dynamic Shift-Max, which are elementwise."""
    differs = (
        f"{layers} M in convolutions and linear layers; with the {products} M elementwise products of Dynamic "
        f"Shift-Max {total} M"
    )
    return Row(
        f"MicroNet-{size}",
        f"micronet_{size.lower()}",
        macs=millions(macs, README),
        metric=metric,
        differs=differs,
    )


def small(width: float, macs: float, metric: float, ms: float, differs: str = "") -> Row:
    """MobileNetV3-Small at one width."""
    return Row(
        f"MobileNetV3-Small {width:g}",
        "mobilenet_v3_small",
        {"width_mult": width},
        macs=millions(macs, V3),
        speeds={"pixel1": ms},
        metric=metric,
        differs=differs,
    )


def beyond(counted: str) -> str:
    """Why the printed figure of the two smallest is more than the count."""
    return f"{counted} M in convolutions and linear layers; the products of Dynamic Shift-Max, elementwise, come on top"


M0 = Row("MicroNet-M0", "micronet_m0", macs=millions(4, README), metric=46.6, differs=beyond("3.45"))
M1 = Row("MicroNet-M1", "micronet_m1", macs=millions(6, README), metric=51.4, differs=beyond("5.31"))

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
            (small(0.35, 12, 49.8, 5.7), micro("M2", 12, 59.4, "10.34", "2.4", "12.7")),
        ),
        Group(
            "21 M multiply-adds",
            f"{README}; {V3}",
            (small(0.5, 21, 58.0, 7.7), micro("M3", 21, 62.5, "18.24", "2.6", "20.8")),
        ),
        Group("its smaller sizes", README, (M0, M1, micro("M2", 12, 59.4, "10.34", "2.4", "12.7"))),
    ),
    ("batch 1; threads and runtime as asked for",),
    metric_name="top-1 %",
    notes=(
        "MicroNet's paper shows latency as a picture only, of which no figure is at hand: the phone's column is "
        "MobileNetV3's own, and what is new here is this machine's",
    ),
)
