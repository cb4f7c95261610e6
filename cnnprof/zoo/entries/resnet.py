"""ResNet-18, 34, 50 and 152 as torchvision has them."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("Deep Residual Learning for Image Recognition", 2015, "1512.03385")
TORCHVISION = "torchvision 0.29.1 weights, first version"
PROJECTION = "shortcuts project where the shape changes (option B of the paper)"
entry = partial(Entry, family="resnet", paper=PAPER)

ENTRIES = (
    entry(
        "resnet18",
        builder="resnet:resnet18",
        reference=Reference("torchvision 0.29.1 resnet18", 11_689_512, 1_814_073_344),
        params=Figure(11_689_512, 1, TORCHVISION),
        macs=Figure(1.8e9, 0.1e9, "Table 1"),
        metric=Figure(69.758, 0.001, TORCHVISION),
        notes=(PROJECTION,),
    ),
    entry(
        "resnet34",
        builder="resnet:resnet34",
        reference=Reference("torchvision 0.29.1 resnet34", 21_797_672, 3_663_761_408),
        params=Figure(21_797_672, 1, TORCHVISION),
        macs=Figure(3.6e9, 0.1e9, "Table 1"),
        metric=Figure(73.314, 0.001, TORCHVISION),
        notes=(PROJECTION,),
    ),
    entry(
        "resnet50",
        builder="resnet:resnet50",
        reference=Reference("torchvision 0.29.1 resnet50", 25_557_032, 4_089_184_256),
        params=Figure(25_557_032, 1, TORCHVISION),
        macs=Figure(3.8e9, 0.1e9, "Table 1"),
        metric=Figure(76.13, 0.01, TORCHVISION),
        differs="the paper strides in the first 1x1 convolution of a bottleneck, torchvision in the 3x3 one: "
        "4.09 G; stride_in_1x1=True builds the paper's, of 3.86 G and as many parameters",
        notes=(PROJECTION, "the authors' Caffe files stride in the 1x1 convolution, as the paper does"),
    ),
    entry(
        "resnet152",
        builder="resnet:resnet152",
        reference=Reference("torchvision 0.29.1 resnet152", 60_192_808, 11_513_626_624),
        params=Figure(60_192_808, 1, TORCHVISION),
        macs=Figure(11.3e9, 0.1e9, "Table 1"),
        metric=Figure(78.312, 0.001, TORCHVISION),
        differs="the paper strides in the first 1x1 convolution of a bottleneck, torchvision in the 3x3 one: "
        "11.51 G; stride_in_1x1=True builds the paper's, of 11.28 G and as many parameters",
        notes=(PROJECTION, "the authors' Caffe files stride in the 1x1 convolution, as the paper does"),
    ),
)
