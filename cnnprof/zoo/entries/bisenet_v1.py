"""BiSeNet as published.

The paper's parameters are the size of the float32 weights in MiB: it prints 42.7 M for ResNet-18 alone (Table 1),
which has 11,176,512 weights: ``11176512 * 4 / 2**20 = 42.6``.
"""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation", 2018, "1808.00897"
)
FAMILY = "bisenet_v1"
BUILDER = "bisenet_v1:bisenet_v1"
METRIC = "Cityscapes mIoU %"
TEST = "Table 6, test set, images scaled to 768 x 1536"


def in_mebibytes(printed: str, counts: str) -> str:
    """Why the paper prints four times the parameters."""
    return (
        f"the paper's {printed} M are MiB of float32 weights (Table 1 prints 42.7 M for ResNet-18 alone, "
        f"which has 11.18 M): {counts}"
    )


def auxiliary(more: str) -> str:
    """What the heads used in training add."""
    return f"without the two auxiliary heads of training; aux=True adds them and {more} parameters"


ENTRIES = (
    Entry(
        "bisenet_v1_resnet18",
        FAMILY,
        PAPER,
        BUILDER,
        Reference("CoinCheung/BiSeNet at 6b4b67a", 13_275_539, 118_338_256_896),
        task="segmentation",
        input=(3, 1024, 2048),
        params=Figure(49.0e6, 0.1e6, "Table 4"),
        metric=Figure(74.7, 0.1, TEST),
        metric_name=METRIC,
        differs=in_mebibytes(
            "49.0", "12.89 M in the authors' code are 49.2 MiB, 13.28 M in CoinCheung's, followed here, 50.6"
        ),
        notes=(
            auxiliary("150,182"),
            "the paper prints 10.8 G multiply-adds at 640 x 360 (Table 4): the authors' code has 11.6 G "
            "there, this network 12.7 G at 640 x 352",
            'layout="authors" follows ycszen/TorchSeg: 12,894,163 parameters, 103,723,270,144 multiply-adds',
            "CoinCheung/BiSeNet reports 75.44 % on the validation set at 1024 x 2048",
        ),
    ),
    Entry(
        "bisenet_v1_xception39",
        FAMILY,
        PAPER,
        BUILDER,
        Reference("ycszen/TorchSeg at 62eeb15 without its auxiliary heads", 1_541_963, 15_616_081_920),
        {"backbone": "xception39", "layout": "authors"},
        task="segmentation",
        input=(3, 768, 1536),
        params=Figure(5.8e6, 0.1e6, "Table 4"),
        macs=Figure(14.8e9, 0.1e9, "DFANet paper, Table 5 (Table 4's 2.9 G at 640 x 360, scaled)"),
        metric=Figure(68.4, 0.1, TEST),
        metric_name=METRIC,
        differs=in_mebibytes("5.8", "1.54 M in the authors' code, followed here, are 5.9 MiB")
        + "; that code has 3.07 G multiply-adds at 640 x 360, the paper prints 2.9 G",
        notes=(
            auxiliary("300,326"),
            "class scores without the log-softmax that the authors' code ends with",
            "the authors' code reports 68.51 % on the validation set (paper 69.0 %), trained from scratch",
        ),
    ),
)
