"""BiSeNet V2 as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

ENTRIES = (
    Entry(
        "bisenet_v2",
        "bisenet_v2",
        Paper(
            "BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time Semantic Segmentation",
            2020,
            "2004.02147",
        ),
        "bisenet_v2:bisenet_v2",
        Reference("CoinCheung/BiSeNet at 6b4b67a", 3_358_627, 98_413_199_360),
        task="segmentation",
        input=(3, 1024, 2048),
        metric=Figure(72.6, 0.1, "abstract, test set"),
        metric_name="Cityscapes mIoU %",
        notes=(
            "without the four auxiliary heads of training; aux=True adds them and 1,872,860 parameters",
            "CoinCheung's code was followed, which says of these that the paper does not show them: the ReLU "
            "after the depthwise filters and after the aggregation's last convolution, norm and ReLU after the "
            "context embedding's, the head's 1024 channels",
            "24.6 G multiply-adds at 512 x 1024; CoinCheung/BiSeNet reports 74.95 % on the validation set",
        ),
    ),
)
