"""GoogLeNet as torchvision has it."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Going Deeper with Convolutions", 2014, "1409.4842")
TORCHVISION = "torchvision 0.29.1 weights"

ENTRIES = (
    Entry(
        "googlenet",
        "googlenet",
        PAPER,
        "googlenet:googlenet",
        Reference("torchvision 0.29.1 googlenet", 6_624_904, 1_498_376_192),
        params=Figure(6_624_904, 1, TORCHVISION),
        macs=Figure(1.498e9, 0.001e9, TORCHVISION),
        metric=Figure(69.778, 0.001, TORCHVISION),
        notes=(
            "without the two auxiliary heads, used in training only: aux_logits=True adds them, "
            "13,004,888 parameters",
            "unlike the paper, batch norm in place of biases and response normalisation, 3x3 filters in the "
            "5x5 branch, a 2x2 last pool: as in Google's TensorFlow code; large_kernel=5 builds 5x5",
        ),
    ),
)
