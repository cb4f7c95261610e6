"""MobileNet V2 as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, "1801.04381")
README = "TensorFlow models, research/slim/nets/mobilenet README"
WITHOUT_NORM = "the README counts parameters without the scales and shifts of batch norm"
entry = partial(Entry, family="mobilenet_v2", paper=PAPER, builder="mobilenet_v2:mobilenet_v2")

ENTRIES = (
    entry(
        "mobilenet_v2",
        reference=Reference("torchvision 0.29.1 mobilenet_v2", 3_504_872, 300_774_272),
        params=Figure(3.4e6, 0.1e6, "Table 4"),
        macs=Figure(300e6, 1e6, "Table 4"),
        metric=Figure(72.0, 0.1, "Table 4"),
        differs="three parameter figures circulate: 3.4 M (paper), 3.47 M without batch norm (TensorFlow "
        "README), 3.50 M with it, as every implementation has it",
        notes=(
            "the same layers as the authors' TensorFlow code, with torchvision's padding and batch norm: in TensorFlow "
            "strided convolutions pad even inputs less on the left and top, and eps is 1e-3",
            "torchvision reports 71.88 % top-1",
        ),
    ),
    entry(
        "mobilenet_v2_x0_35",
        reference=Reference("d-li14/mobilenetv2.pytorch at 1733532", 1_677_128, 59_285_808),
        arguments={"width_mult": 0.35},
        params=Figure(1.66e6, 0.01e6, README),
        macs=Figure(59e6, 1e6, README),
        metric=Figure(60.3, 0.1, README),
        differs=WITHOUT_NORM,
        notes=("the MobileNetV3 paper (Table 3) prints 1.6 M, 59.2 M multiply-adds and 60.8 % for it",),
    ),
    entry(
        "mobilenet_v2_x0_5",
        reference=Reference("timm 1.0.31 mobilenetv2_050", 1_968_680, 97_131_840),
        arguments={"width_mult": 0.5},
        params=Figure(1.95e6, 0.01e6, README),
        macs=Figure(97e6, 1e6, README),
        metric=Figure(65.4, 0.1, README),
        differs=WITHOUT_NORM,
    ),
    entry(
        "mobilenet_v2_x0_75",
        reference=Reference("d-li14/mobilenetv2.pytorch at 1733532", 2_636_424, 209_069_792),
        arguments={"width_mult": 0.75},
        params=Figure(2.61e6, 0.01e6, README),
        macs=Figure(209e6, 1e6, README),
        metric=Figure(69.8, 0.1, README),
        differs=WITHOUT_NORM,
    ),
    entry(
        "mobilenet_v2_x1_4",
        reference=Reference("timm 1.0.31 mobilenetv2_140", 6_108_776, 582_195_824),
        arguments={"width_mult": 1.4},
        params=Figure(6.9e6, 0.1e6, "Table 4"),
        macs=Figure(585e6, 1e6, "Table 4"),
        metric=Figure(74.7, 0.1, "Table 4"),
        differs="no implementation has the paper's 6.9 M: the authors' own README prints 6.06 M (without "
        "batch norm), 582 M multiply-adds and 75.0 %",
    ),
)
