"""AlexNet on one tower, as torchvision has it."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("One weird trick for parallelizing convolutional neural networks", 2014, "1404.5997")
TORCHVISION = "torchvision 0.29.1 weights"

ENTRIES = (
    Entry(
        "alexnet",
        "alexnet",
        PAPER,
        "alexnet:alexnet",
        Reference("torchvision 0.29.1 alexnet", 61_100_840, 714_188_480),
        params=Figure(61_100_840, 1, TORCHVISION),
        macs=Figure(714e6, 1e6, TORCHVISION),
        metric=Figure(56.522, 0.001, TORCHVISION),
        notes=(
            "the single tower of 2014; the network of 2012 splits three convolutions into two groups, has "
            "other filter counts and response normalisation: 60 M parameters, 720 M multiply-adds "
            "(MobileNet V1 paper, Table 9)",
        ),
    ),
)
