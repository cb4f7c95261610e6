"""FBNet as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search",
    2018,
    "1812.03443",
)
CODE = "facebookresearch/mobile-vision at bb8465c"
TABLE = "Table 3"
NOTES = (
    "as in the authors' PyTorch code, convolutions have a bias beside batch norm, and blocks of expansion 1 "
    "have no first 1x1 convolution",
)
entry = partial(Entry, family="fbnet", paper=PAPER, notes=NOTES)

ENTRIES = (
    entry(
        "fbnet_a",
        builder="fbnet:fbnet_a",
        reference=Reference(f"{CODE} fbnet_a", 4_321_232, 244_452_664),
        params=Figure(4.3e6, 0.1e6, TABLE),
        macs=Figure(249e6, 1e6, TABLE),
        metric=Figure(73.0, 0.1, TABLE),
        differs="this is the authors' PyTorch code, whose README prints 244.5 M multiply-adds",
    ),
    entry(
        "fbnet_b",
        builder="fbnet:fbnet_b",
        reference=Reference(f"{CODE} fbnet_b", 4_818_216, 291_004_424),
        params=Figure(4.5e6, 0.1e6, TABLE),
        macs=Figure(295e6, 1e6, TABLE),
        metric=Figure(74.1, 0.1, TABLE),
        differs="this is the authors' PyTorch code, whose README prints 4.8 M parameters and 291.1 M "
        "multiply-adds",
    ),
    entry(
        "fbnet_c",
        builder="fbnet:fbnet_c",
        reference=Reference(f"{CODE} fbnet_c", 5_592_784, 378_136_224),
        params=Figure(5.5e6, 0.1e6, TABLE),
        macs=Figure(375e6, 1e6, TABLE),
        metric=Figure(74.9, 0.1, TABLE),
        differs="this is the authors' PyTorch code, whose README prints 378.2 M multiply-adds",
        notes=(
            *NOTES,
            "timm's fbnetc_100 is another network: the first 1x1 convolution in every block, and no biases",
        ),
    ),
)
