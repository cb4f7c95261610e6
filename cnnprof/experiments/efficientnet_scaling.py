"""EfficientNet's figure 8 and tables 3, 4 and 7: one dimension scaled alone against all of them together, in cost."""

from __future__ import annotations

from cnnprof.experiments.shufflenet import billions
from cnnprof.records.experiment import Experiment, Group, Platform, Row

XEON = Platform("xeon", "Xeon E5-2690", "s", "table 4: one core, batch 1, average of 20 runs")
TABLE3, TABLE4, TABLE7 = "table 3", "table 4", "figure 8 and table 7"
ROUNDED = "the coefficient looks rounded"


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


LAYERS = (
    "the paper does not say which layers repeat: runs of equal width would give 2.4 G, the five equal layers alone "
    "1.8 G, every layer 2.9 G"
)
SWAPPED = (
    "4 times the units of each stage give 14.57 G, twice the channels 16.12 G: close to the two printed figures "
    "interchanged"
)
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
                    differs=f"1.58 G with repeats 4 times B0's, 1.83 G with 4.5 times: {ROUNDED}",
                ),
                b0(
                    "width 2",
                    1.8,
                    78.9,
                    width_mult=2.0,
                    differs=f"1.45 G with twice B0's channels, 1.76 G with 2.2 times: {ROUNDED}",
                ),
                b0(
                    "resolution 2",
                    1.9,
                    79.1,
                    448,
                    f"1.54 G at 448 pixels, 1.92 G at 493, which is 2.2 times: {ROUNDED}",
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
                left_out("compound (1.4, 1.2, 1.3)", 2.3, 75.6, LAYERS),
            ),
        ),
        Group(
            "MobileNetV2",
            TABLE3,
            (
                other("baseline", "mobilenet_v2", 0.3, 72.0),
                other("depth 4", "mobilenet_v2", 1.2, 76.8, depth_mult=4.0),
                other("width 2", "mobilenet_v2", 1.1, 76.4, width_mult=2.0),
                other("resolution 2", "mobilenet_v2", 1.2, 74.8, 448),
                left_out("compound", 1.3, 77.4, COMPOUND),
            ),
        ),
        Group(
            "ResNet-50",
            TABLE3,
            (
                other("baseline", "resnet50", 4.1, 76.0),
                other("depth 4", "resnet50", 16.2, 78.1, differs=SWAPPED, depth_mult=4.0),
                other("width 2", "resnet50", 14.7, 77.7, differs=SWAPPED, width_mult=2.0),
                other("resolution 2", "resnet50", 16.4, 77.5, 448),
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
                    macs=billions(0.70, "table 2", 0.01),
                    speeds={"xeon": 0.098},
                    metric=79.1,
                    differs="0.687 G; a multiply-add an output of batch norm would give 0.698 G, but 38.0 G for B7",
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
                    "resnet152",
                    {"stride_in_1x1": True},
                    macs=billions(11, "table 2", 1),
                    speeds={"xeon": 0.554},
                    metric=77.8,
                ),
                Row("GPipe", speeds={"xeon": 19.0}, metric=84.3, differs="not in the zoo"),
            ),
        ),
    ),
    (
        "compound scaling at (depth, width, resolution) = (1.4, 1.2, 1.3): the side is 1.3 * 224 = 291 pixels",
        "depth repeats the layers of each stage, ceil(d n) times",
        "ResNet-152 strides in its 1x1 convolutions, as in its paper (11.3 G)",
        "batch 1, as in table 4",
    ),
    metric_name="top-1 %",
    notes=(
        "accuracies are the paper's; figure 8 and table 3 have no latencies, so those columns are this machine's alone",
    ),
)
