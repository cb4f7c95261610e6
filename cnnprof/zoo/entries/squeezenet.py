"""SqueezeNet 1.0 and 1.1, and the bypass variants of its paper."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper(
    "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016, "1602.07360"
)
README = "README of forresti/SqueezeNet, SqueezeNet_v1.1 (half the printed FLOPS)"
INPUT = "input 224 as in table 1 of the paper and in torchvision; the authors' Caffe files crop 227"
entry = partial(Entry, family="squeezenet", paper=PAPER, builder="squeezenet:squeezenet")

ENTRIES = (
    entry(
        "squeezenet1_0",
        reference=Reference("torchvision 0.29.1 squeezenet1_0", 1_248_424, 818_924_576),
        params=Figure(1_248_424, 1, "Table 1"),
        macs=Figure(860e6, 5e6, README),
        metric=Figure(57.5, 0.1, "Table 2"),
        differs="the README's 1.72 GFLOPS belong to input 227 and the padded last convolution of the Caffe "
        "file: 861 M multiply-adds",
        notes=(
            INPUT,
            "the Caffe file pads the last 1x1 convolution by 1, which only adds a rim of biases; "
            "table 1 and torchvision do not, nor does this network",
        ),
    ),
    entry(
        "squeezenet1_1",
        reference=Reference("torchvision 0.29.1 squeezenet1_1", 1_235_496, 349_151_936),
        arguments={"version": "1_1"},
        params=Figure(1_235_496, 1, "torchvision 0.29.1 weights"),
        macs=Figure(360e6, 5e6, README),
        differs="the README's 360 M are neither the 349 M of input 224 nor the 388 M of input 227, "
        "which the Caffe file crops",
        notes=(INPUT, "not in the paper: the authors' later version, of the same accuracy by their README"),
    ),
    entry(
        "squeezenet1_0_simple_bypass",
        reference=Reference("pytorchcv 0.0.74 squeezeresnet_v1_0", 1_248_424, 818_924_576),
        arguments={"bypass": "simple"},
        metric=Figure(60.4, 0.1, "Table 3"),
        notes=(
            "figure 2, middle: fire3, 5, 7 and 9 add their input to their output, unactivated, "
            "as in songhan/SqueezeNet-Residual",
        ),
    ),
    entry(
        "squeezenet1_0_complex_bypass",
        reference=Reference(
            "pytorchcv 0.0.74 squeezeresnet_v1_0 with 1x1 bypasses added", 1_589_672, 1_165_298_720
        ),
        arguments={"bypass": "complex"},
        metric=Figure(58.8, 0.1, "Table 3"),
        notes=(
            "figure 2, right: besides the simple bypasses, 1x1 convolutions bypass fire2, 4, 6 and 8; "
            "there is no code of the authors, and the paper names no activation there: none is built",
            "Table 3 prints 7.7 MB, about 2.0 M parameters; the network as drawn has 1.59 M",
        ),
    ),
)
