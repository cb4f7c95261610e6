"""MobileViT as published. Its multiply-adds include the two matrix products of each attention.

Four sequences of S tokens of width d cost ``2 * 4 * S * S * d`` a layer, with S = 256, 64 and 16 at 256 x 256: in
XXS 67.1 M (two layers, d = 64) + 10.5 M (four, d = 80) + 0.6 M (three, d = 96) = 78.2 M.
"""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer", 2021, "2110.02178"
)
CODE = "apple/ml-cvnets at 7771756"
README = "README-model-zoo of apple/ml-cvnets"
TIMM = "huggingface/pytorch-image-models results/benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv"
WITH_NORM = "the source's counter adds the normalisations, 2 to 3 % of the multiply-adds"
NOTES = ("attention is two explicit matrix products, as in the authors' code; timm has them fused",)
entry = partial(
    Entry,
    family="mobilevit",
    paper=PAPER,
    builder="mobilevit:mobilevit",
    input=(3, 256, 256),
    differs=WITH_NORM,
    notes=NOTES,
)

ENTRIES = (
    entry(
        "mobilevit_xxs",
        reference=Reference(CODE, 1_272_024, 407_364_096),
        arguments={"variant": "xxs"},
        params=Figure(1.3e6, 0.1e6, README),
        macs=Figure(0.42e9, 0.01e9, TIMM),
        metric=Figure(69.0, 0.1, README),
    ),
    entry(
        "mobilevit_xs",
        reference=Reference(CODE, 2_317_848, 1_025_911_808),
        arguments={"variant": "xs"},
        params=Figure(2.3e6, 0.1e6, README),
        macs=Figure(1.05e9, 0.01e9, TIMM),
        metric=Figure(74.7, 0.1, README),
    ),
    entry(
        "mobilevit_s",
        reference=Reference(CODE, 5_578_632, 2_000_831_488),
        arguments={"variant": "s"},
        params=Figure(5.6e6, 0.1e6, README),
        macs=Figure(2.03e9, 0.01e9, TIMM),
        metric=Figure(78.3, 0.1, README),
        notes=(*NOTES, "the paper's abstract has 78.4 % top-1"),
    ),
)
