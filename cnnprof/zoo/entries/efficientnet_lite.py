"""EfficientNet-Lite 0 to 4 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

# Released without a paper of its own; the scaling is that of this one.
PAPER = Paper("EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, "1905.11946")
README = "models/official/efficientnet/lite/README.md of tensorflow/tpu"
MORE = "the README counts 3 to 6 % more than the convolutions and the linear layer of the code it describes"
NOTES = (
    "released in 2020 as code with a README, without a paper of its own",
    "padded on both sides alike; in the authors' TensorFlow code strided convolutions pad even inputs less "
    "on the left and top: same layers, shapes and counts",
    "stochastic depth, which acts only in training, is left out",
)


def params(value: float) -> Figure:
    """A figure that the README prints in millions."""
    return Figure(value * 1e6, 0.1e6, README)


def macs(value: float, step: float = 1.0) -> Figure:
    """A figure in millions of multiply-adds; the larger ones are printed in hundredths of billions."""
    return Figure(value * 1e6, step * 1e6, README)


def accuracy(value: float) -> Figure:
    """Top-1 of the network in floating point."""
    return Figure(value, 0.1, README)


entry = partial(
    Entry,
    family="efficientnet_lite",
    paper=PAPER,
    builder="efficientnet_lite:efficientnet_lite",
    differs=MORE,
    notes=NOTES,
)

ENTRIES = (
    entry(
        "efficientnet_lite0",
        reference=Reference("timm 1.0.31 tf_efficientnet_lite0", 4_652_008, 385_187_552),
        params=params(4.7),
        macs=macs(407),
        metric=accuracy(75.1),
    ),
    entry(
        "efficientnet_lite1",
        reference=Reference("timm 1.0.31 tf_efficientnet_lite1", 5_416_680, 600_185_232),
        arguments={"depth_mult": 1.1},
        input=(3, 240, 240),
        params=params(5.4),
        macs=macs(631),
        metric=accuracy(76.7),
    ),
    entry(
        "efficientnet_lite2",
        reference=Reference("timm 1.0.31 tf_efficientnet_lite2", 6_092_072, 859_736_272),
        arguments={"width_mult": 1.1, "depth_mult": 1.2, "dropout": 0.3},
        input=(3, 260, 260),
        params=params(6.1),
        macs=macs(899),
        metric=accuracy(77.6),
    ),
    entry(
        "efficientnet_lite3",
        reference=Reference("timm 1.0.31 tf_efficientnet_lite3 at 280", 8_197_096, 1_383_321_872),
        arguments={"width_mult": 1.2, "depth_mult": 1.4, "dropout": 0.3},
        input=(3, 280, 280),
        params=params(8.2),
        macs=macs(1440, 10),
        metric=accuracy(79.8),
        notes=("the authors' resolution is 280; timm evaluates Lite3 at 300", *NOTES),
    ),
    entry(
        "efficientnet_lite4",
        reference=Reference("timm 1.0.31 tf_efficientnet_lite4 at 300", 13_006_568, 2_553_034_336),
        arguments={"width_mult": 1.4, "depth_mult": 1.8, "dropout": 0.3},
        input=(3, 300, 300),
        params=params(13.0),
        macs=macs(2640, 10),
        metric=accuracy(81.5),
        notes=("the authors' resolution is 300; timm evaluates Lite4 at 380", *NOTES),
    ),
)
