"""NanoDet and NanoDet-Plus as released: raw outputs of the head, without decoding or suppression."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

NANODET = Paper("NanoDet by RangiLyu (no paper)", 2020)
PLUS = Paper("NanoDet-Plus by RangiLyu (no paper)", 2021)
CODE = "RangiLyu/nanodet at be9b4a9"
README = "README of RangiLyu/nanodet"
HALVED = f"{README} (half the printed operations)"
RAW = "raw head outputs: class scores before the sigmoid, box distributions before the softmax, not decoded"
SPARE = "9,312 of the parameters are 1x1 convolutions that the reference's head holds and never runs"
WITHOUT_AUXILIARY = "inference graph: the pyramid and head that assign labels in training are left out"


def counts_extras(macs: str) -> str:
    """Why NanoDet-m has fewer multiply-adds than its README prints."""
    return (
        "the README's operations include biases, batch norm and activations, with which the repository's "
        f"own counter finds {macs} M instead of the convolutions alone"
    )


def without_norm(params: str) -> str:
    """Why NanoDet-Plus has more parameters than its README prints."""
    return f"the README leaves out the scales and shifts of batch norm: {params} parameters without them"


entry = partial(Entry, family="nanodet", task="detection", metric_name="COCO AP (0.5:0.95) %")

ENTRIES = (
    entry(
        "nanodet_m",
        paper=NANODET,
        builder="nanodet:nanodet_m",
        reference=Reference(CODE, 959_348, 342_223_200),
        input=(3, 320, 320),
        params=Figure(0.95e6, 0.01e6, README),
        macs=Figure(360e6, 5e6, HALVED),
        metric=Figure(20.6, 0.1, README),
        differs=counts_extras("356.4"),
        notes=(RAW, SPARE),
    ),
    entry(
        "nanodet_m_416",
        paper=NANODET,
        builder="nanodet:nanodet_m",
        reference=Reference(CODE, 959_348, 578_357_208),
        input=(3, 416, 416),
        params=Figure(0.95e6, 0.01e6, README),
        macs=Figure(600e6, 50e6, HALVED),
        metric=Figure(23.5, 0.1, README),
        notes=(RAW, SPARE),
    ),
    entry(
        "nanodet_plus_m_320",
        paper=PLUS,
        builder="nanodet:nanodet_plus_m",
        reference=Reference(CODE, 1_197_924, 450_712_800),
        input=(3, 320, 320),
        params=Figure(1.17e6, 0.01e6, README),
        macs=Figure(450e6, 50e6, HALVED),
        metric=Figure(27.0, 0.1, README),
        differs=without_norm("1,174,768"),
        notes=(RAW, WITHOUT_AUXILIARY),
    ),
    entry(
        "nanodet_plus_m_416",
        paper=PLUS,
        builder="nanodet:nanodet_plus_m",
        reference=Reference(CODE, 1_197_924, 762_090_840),
        input=(3, 416, 416),
        params=Figure(1.17e6, 0.01e6, README),
        macs=Figure(760e6, 5e6, HALVED),
        metric=Figure(30.4, 0.1, README),
        differs=without_norm("1,174,768"),
        notes=(RAW, WITHOUT_AUXILIARY),
    ),
    entry(
        "nanodet_plus_m_1_5x_416",
        paper=PLUS,
        builder="nanodet:nanodet_plus_m",
        reference=Reference(CODE, 2_477_792, 1_486_468_128),
        arguments={"width_mult": 1.5},
        input=(3, 416, 416),
        params=Figure(2.44e6, 0.01e6, README),
        macs=Figure(1485e6, 5e6, HALVED),
        metric=Figure(34.1, 0.1, README),
        differs=without_norm("2,444,368"),
        notes=(RAW, WITHOUT_AUXILIARY),
    ),
)
