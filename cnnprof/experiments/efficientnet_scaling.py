"""EfficientNet's figure 8 and tables 3, 4 and 7: one dimension scaled alone against all of them together, in cost."""

from __future__ import annotations

from cnnprof.experiments.shufflenet import billions
from cnnprof.records.experiment import Experiment, Group, Platform, Row

XEON = Platform("xeon", "Xeon E5-2690", "s", "table 4: one core, batch 1, average of 20 runs")
TABLE3, TABLE4, TABLE7 = "table 3", "table 4", "figure 8 and table 7"
NO_RULE = "no other rounding of channels or repeats is given"


def b0(label: str, macs: float, top1: float, side: int = 224, differs: str = "", **arguments: object) -> Row:
    """EfficientNet-B0 scaled."""
    return Row(
        label,
        "efficientnet_b0",
        arguments,
        (3, side, side),
        billions(macs, TABLE7),
        metric=top1,
        differs=differs,
    )


def other(
    label: str, model: str, macs: float, top1: float, side: int = 224, differs: str = "", **arguments: object
) -> Row:
    """One row of table 3."""
    return Row(
        label,
        model,
        arguments,
        (3, side, side),
        billions(macs, TABLE3),
        metric=top1,
        differs=differs,
    )


def left_out(label: str, macs: float, top1: float, reason: str) -> Row:
    """A row of table 3 that is not built."""
    return Row(label, macs=billions(macs, TABLE3), metric=top1, differs=reason)


NO_DEPTH = "the zoo's network has no depth multiplier, and the paper does not say which layers repeat"
COMPOUND = "the paper does not print its coefficients"

EXPERIMENT = Experiment(
    "efficientnet-scaling",
    "single against compound scaling",
    "EfficientNet (2019, arXiv:1905.11946), figure 8, tables 3, 4, 7",
    "for the same multiply-adds, depth, width and resolution scaled together are more accurate than one alone",
    (XEON,),
    (
        Group(
            "EfficientNet-B0",
            TABLE7,
            (
                b0("B0", 0.4, 77.3),
                b0(
                    "depth 4",
                    1.8,
                    79.0,
                    depth_mult=4.0,
                    differs=f"1.58 G with repeats 4 times B0's; {NO_RULE}",
                ),
                b0(
                    "width 2",
                    1.8,
                    78.9,
                    width_mult=2.0,
                    differs=f"1.45 G with twice B0's channels throughout; {NO_RULE}",
                ),
                b0(
                    "resolution 2",
                    1.9,
                    79.1,
                    448,
                    "1.54 G: twice the side is four times the convolutions' 0.385 G, and 1.9 is not four times 0.4",
                ),
                b0("compound (1.4, 1.2, 1.3)", 1.8, 81.1, 291, depth_mult=1.4, width_mult=1.2),
            ),
        ),
        Group(
            "MobileNetV1",
            TABLE3,
            (
                other("baseline", "mobilenet_v1", 0.6, 70.6),
                other("width 2", "mobilenet_v1", 2.2, 74.2, width_mult=2.0),
                other("resolution 2", "mobilenet_v1", 2.2, 72.7, 448),
                left_out("compound (1.4, 1.2, 1.3)", 2.3, 75.6, NO_DEPTH),
            ),
        ),
        Group(
            "MobileNetV2",
            TABLE3,
            (
                other("baseline", "mobilenet_v2", 0.3, 72.0),
                other("width 2", "mobilenet_v2", 1.1, 76.4, width_mult=2.0),
                other("resolution 2", "mobilenet_v2", 1.2, 74.8, 448),
                left_out("depth 4", 1.2, 76.8, NO_DEPTH),
                left_out("compound", 1.3, 77.4, COMPOUND),
            ),
        ),
        Group(
            "ResNet-50",
            TABLE3,
            (
                other("baseline", "resnet50", 4.1, 76.0),
                other("resolution 2", "resnet50", 16.4, 77.5, 448),
                left_out("depth 4", 16.2, 78.1, NO_DEPTH),
                left_out("width 2", 14.7, 77.7, "the zoo's network widens only inside its units"),
                left_out("compound", 16.7, 78.8, COMPOUND),
            ),
        ),
        Group(
            "EfficientNet-B1 and -B7",
            TABLE4,
            (
                Row(
                    "B1",
                    "efficientnet_b1",
                    input=(3, 240, 240),
                    macs=billions(0.70, "table 2", 0.1),
                    speeds={"xeon": 0.098},
                    metric=79.1,
                ),
                Row(
                    "B7",
                    "efficientnet_b7",
                    input=(3, 600, 600),
                    macs=billions(37, "table 2", 1),
                    speeds={"xeon": 3.1},
                    metric=84.3,
                ),
                Row(
                    "ResNet-152",
                    macs=billions(11, "table 2", 1),
                    speeds={"xeon": 0.554},
                    metric=77.8,
                    differs="not in the zoo",
                ),
                Row("GPipe", speeds={"xeon": 19.0}, metric=84.3, differs="not in the zoo"),
            ),
        ),
    ),
    (
        "compound scaling at (depth, width, resolution) = (1.4, 1.2, 1.3): the side is 1.3 * 224 = 291 pixels",
        "batch 1, as in table 4",
    ),
    metric_name="top-1 %",
    notes=(
        "accuracies are the paper's; figure 8 and table 3 have no latencies, so those columns are this machine's alone",
    ),
)
