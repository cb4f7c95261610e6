"""GhostNet: the latencies of its figure, read off, and the multiply-adds of its table 7."""

from __future__ import annotations

from cnnprof.experiments.mobilenet_v3 import HEAD, OWN_TABLE9
from cnnprof.experiments.rules import POOLING
from cnnprof.experiments.shufflenet import millions
from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Experiment, Group, Platform, Row, Rule

PHONE = Platform(
    "phone",
    "ARM phone",
    "ms",
    "one thread of TensorFlow Lite on an ARM phone, read off a picture to about 1 ms",
)
FIGURE = "figure of latency in the authors' repository"
TABLE = "table 7"


def point(
    label: str,
    model: str,
    metric: float,
    ms: float,
    macs: Figure | None = None,
    differs: str = "",
    rule: Rule | None = None,
    macs_elsewhere: Figure | None = None,
    **arguments: object,
) -> Row:
    """One point of the figure."""
    return Row(
        label, model, arguments, (3, 224, 224), macs, {"phone": ms}, metric, differs, rule, macs_elsewhere
    )


def ghost(width: float, macs: float, where: str, metric: float, ms: float | None = None) -> Row:
    """GhostNet at a width, as the authors' TensorFlow code has it."""
    return Row(
        f"GhostNet {width}x",
        "ghostnet",
        {"width_mult": width, "layout": "tensorflow"},
        macs=millions(macs, where),
        speeds={} if ms is None else {"phone": ms},
        metric=metric,
    )


POINTS = (
    ghost(1.0, 141, TABLE, 73.9, 31),
    ghost(1.1, 164, FIGURE, 74.3, 34),
    ghost(1.2, 198, FIGURE, 75.2, 41),
    ghost(1.3, 226, TABLE, 75.7, 47),
    point("MobileNetV3-L 0.75", "mobilenet_v3_large_x0_75", 73.3, 32, millions(155, FIGURE)),
    point(
        "MobileNetV3-L 1.0",
        "mobilenet_v3_large",
        75.2,
        46.5,
        millions(219, FIGURE),
        "216.59 M, which MobileNetV3's own table 9 prints: 217",
        macs_elsewhere=OWN_TABLE9,
    ),
    point(
        "MobileNetV3-L 1.25",
        "mobilenet_v3_large",
        76.6,
        66.5,
        millions(356, FIGURE),
        HEAD,
        POOLING,
        width_mult=1.25,
        head=1280,
    ),
    point("MnasNet-A1", "mnasnet_a1", 75.2, 76.3),
    point("FBNet-A", "fbnet_a", 73.0, 46),
    point("FBNet-B", "fbnet_b", 74.1, 54),
    point("FBNet-C", "fbnet_c", 74.9, 65.5),
    point("ProxylessNAS", "proxylessnas_mobile", 74.6, 52.5),
    point("MobileNetV2 1.3", "mobilenet_v2", 74.4, 81.7, width_mult=1.3),
)
UNKNOWN_WIDTH = (
    "the figure prints no width, and no multiple of 0.1 counts its multiply-adds: 263 M at 1.4, 298 M at 1.5, 335 M at "
    "1.6, 377 M at 1.7"
)
LEFT_OUT = (
    Row(
        "GhostNet, 272 M",
        macs=millions(272, FIGURE),
        speeds={"phone": 54},
        metric=76.1,
        differs=UNKNOWN_WIDTH,
    ),
    Row(
        "GhostNet, 352 M",
        macs=millions(352, FIGURE),
        speeds={"phone": 67.5},
        metric=76.9,
        differs=UNKNOWN_WIDTH,
    ),
    Row("MobileNetV3, 74.3 %", speeds={"phone": 38.7}, metric=74.3, differs="the figure does not say which"),
    Row("MnasNet, 74.1 %", speeds={"phone": 52.3}, metric=74.1, differs="the figure does not say which"),
)
SIZES = (
    ghost(0.5, 42, TABLE, 66.2),
    ghost(1.0, 141, TABLE, 73.9),
    ghost(1.3, 226, TABLE, 75.7),
)

EXPERIMENT = Experiment(
    "ghostnet",
    "GhostNet on a phone",
    "GhostNet (2020, arXiv:1911.11907), latency figure, table 7",
    "at the same latency on a phone, GhostNet is more accurate than MobileNetV3",
    (PHONE,),
    (
        Group("accuracy against latency", FIGURE, (*POINTS, *LEFT_OUT)),
        Group("three widths", TABLE, SIZES),
    ),
    (
        "batch 1; threads and runtime as asked for, where the paper ran one thread of TensorFlow Lite",
        "GhostNet as the authors' TensorFlow code rounds its channels: the phone ran TensorFlow Lite, and their "
        "PyTorch code has 167 M instead of 164 M, and 227.003 M instead of the 226.996 M that is cut off to 226 M",
        "the figure prints no widths: GhostNet 1.1x and 1.2x are those that count its 164 M and 198 M, MobileNetV2 1.3 "
        "the one of 74.4 % in its authors' README",
    ),
    metric_name="top-1 %",
    notes=("the paper gives these latencies only as a picture, so each is good to about 1 ms",),
)
