"""SSD on VGG16 as published, up to the raw outputs of its heads."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("SSD: Single Shot MultiBox Detector", 2015, "1512.02325")
WEIGHTS = "weights of torchvision, ssd300_vgg16 COCO_V1"
TABLE = "MobileNetV2 paper, Table 6"
RAW = "ends at the raw outputs of the heads: no default boxes, no box decoding, no non-maximum suppression"
CLASSES = "num_classes counts the background"
entry = partial(Entry, family="ssd", paper=PAPER, task="detection", metric_name="COCO AP (0.5:0.95) %")

ENTRIES = (
    entry(
        "ssd300_vgg16",
        builder="ssd:ssd300_vgg16",
        reference=Reference("torchvision 0.29.1 ssd300_vgg16", 35_641_826, 34_858_153_472),
        input=(3, 300, 300),
        params=Figure(35_641_826, 1, WEIGHTS),
        macs=Figure(34.858e9, 0.001e9, WEIGHTS),
        metric=Figure(25.1, 0.1, WEIGHTS),
        notes=(
            RAW,
            f"{CLASSES}: 91 in torchvision; the authors' Caffe networks, layer for layer the same, have 81 for "
            "COCO (34,305,206 parameters, 34.36 G multiply-adds) and 21 for VOC (26,285,486 and 31.37 G, 77.2 % mAP)",
            "amdegroot/ssd.pytorch has the same layers with 21 classes",
            "other inputs are taken as they are, from 268 pixels a side; torchvision resizes them to 300",
        ),
    ),
    entry(
        "ssd512_vgg16",
        builder="ssd:ssd512_vgg16",
        reference=Reference(
            "weiliu89/caffe, branch ssd at 4817bf8, and its released SSD_512x512 network for COCO",
            36_038_196,
            98_628_936_704,
        ),
        input=(3, 512, 512),
        params=Figure(36.1e6, 0.1e6, TABLE),
        macs=Figure(99.5e9, 0.1e9, TABLE),
        metric=Figure(26.8, 0.1, TABLE),
        differs="the published multiply-adds are 0.9 % above those of the convolutions; what they include is not "
        "said",
        notes=(
            RAW,
            f"{CLASSES}: 81 as in the authors' COCO network, where ssd300_vgg16 has torchvision's 91",
            "inputs are taken as they are, from 268 pixels a side",
        ),
    ),
)
