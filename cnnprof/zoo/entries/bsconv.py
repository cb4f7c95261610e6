"""MobileNets with blueprint separable convolutions as published."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Paper, Reference

PAPER = Paper(
    "Rethinking Depthwise Separable Convolutions: How Intra-Kernel Correlations Lead to Improved MobileNets",
    2020,
    "2003.13549",
)
CODE = "zeiss-microscopy/BSConv at a5ee26b,"
UNPUBLISHED = "the authors' README prints counts of the CIFAR versions only"
MORE_MACS = (
    "the parameters of MobileNet V1 but half as many multiply-adds again: the 1x1 convolutions run before "
    "the depthwise ones that reduce the resolution"
)
IMAGE_NORM = "begins with a batch norm of the image, as the authors' code does"
entry = partial(
    Entry, family="bsconv", paper=PAPER, builder="bsconv:bsconv_u_mobilenet_v1", notes=(UNPUBLISHED,)
)

ENTRIES = (
    entry(
        "bsconv_u_mobilenet_v1",
        reference=Reference(f"{CODE} mobilenetv1_w1_bsconvu", 4_230_990, 884_021_248),
        notes=(MORE_MACS, IMAGE_NORM, UNPUBLISHED),
    ),
    entry(
        "bsconv_u_mobilenet_v1_x0_75",
        reference=Reference(f"{CODE} mobilenetv1_w3d4_bsconvu", 2_584_822, 504_058_368),
        arguments={"width_mult": 0.75},
    ),
    entry(
        "bsconv_u_mobilenet_v1_x0_5",
        reference=Reference(f"{CODE} mobilenetv1_w1d2_bsconvu", 1_331_102, 230_067_200),
        arguments={"width_mult": 0.5},
    ),
    entry(
        "bsconv_u_mobilenet_v1_x0_25",
        reference=Reference(f"{CODE} mobilenetv1_w1d4_bsconvu", 469_830, 62_047_744),
        arguments={"width_mult": 0.25},
    ),
    entry(
        "bsconv_s_mobilenet_v2",
        builder="bsconv:bsconv_s_mobilenet_v2",
        reference=Reference(f"{CODE} mobilenetv2_w1_bsconvs_p1d6", 3_505_966, 313_619_328),
        notes=(
            "BSConv-S changes MobileNet V2 only in training, by a regularisation of the projections; "
            "the authors' V2 expands in the first block too, 32 to 32 channels",
            IMAGE_NORM,
            UNPUBLISHED,
        ),
    ),
)
