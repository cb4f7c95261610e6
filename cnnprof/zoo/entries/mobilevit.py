"""MobileViT as published. Its multiply-adds include the two matrix products of each attention.

Four sequences of S tokens of width d cost ``2 * 4 * S * S * d`` a layer, with S = 256, 64 and 16 at 256 x 256: in
XXS 67.1 M (two layers, d = 64) + 10.5 M (four, d = 80) + 0.6 M (three, d = 96) = 78.2 M.
"""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer", 2021, "2110.02178"
)
BUILDER = "mobilevit:mobilevit"
FAMILY = "mobilevit"
CODE = "apple/ml-cvnets at 7771756"
README = "README-model-zoo of apple/ml-cvnets"
TIMM = "huggingface/pytorch-image-models results/benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv"
INPUT = (3, 256, 256)
WITH_NORM = "the source's counter adds the normalisations, 2 to 3 % of the multiply-adds"
NOTES = ("attention is two explicit matrix products, as in the authors' code; timm has them fused",)

ENTRIES = (
    Entry(
        "mobilevit_xxs",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 1_272_024, 407_364_096),
        {"variant": "xxs"},
        input=INPUT,
        params=Figure(1.3e6, 0.1e6, README),
        macs=Figure(0.42e9, 0.01e9, TIMM),
        metric=Figure(69.0, 0.1, README),
        differs=WITH_NORM,
        notes=NOTES,
    ),
    Entry(
        "mobilevit_xs",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 2_317_848, 1_025_911_808),
        {"variant": "xs"},
        input=INPUT,
        params=Figure(2.3e6, 0.1e6, README),
        macs=Figure(1.05e9, 0.01e9, TIMM),
        metric=Figure(74.7, 0.1, README),
        differs=WITH_NORM,
        notes=NOTES,
    ),
    Entry(
        "mobilevit_s",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(CODE, 5_578_632, 2_000_831_488),
        {"variant": "s"},
        input=INPUT,
        params=Figure(5.6e6, 0.1e6, README),
        macs=Figure(2.03e9, 0.01e9, TIMM),
        metric=Figure(78.3, 0.1, README),
        differs=WITH_NORM,
        notes=(*NOTES, "the paper's abstract has 78.4 % top-1"),
    ),
)
