"""SSDLite as published on two backbones, and on any classifier of the zoo; up to the raw outputs of its heads."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, "1801.04381")
PAPER_V3 = Paper("Searching for MobileNetV3", 2019, "1905.02244")
WEIGHTS = "weights of torchvision, ssdlite320_mobilenet_v3_large COCO_V1"
RAW = "ends at the raw outputs of the heads: no default boxes, no box decoding, no non-maximum suppression"
SUM = Reference(
    "tensorflow/models object_detection, ssdlite_mobilenet_v2_coco.config at c76bfcf (arithmetic)",
    4_500_543,
    804_397_504,
)
# The published figures of SSDLite on MobileNet V2.
PARAMS = Figure(4.3e6, 0.1e6, "Table 6")
MACS = Figure(0.8e9, 0.1e9, "Table 6")
AP = Figure(22.1, 0.1, "Table 6")
DIFFERS = (
    "the paper's 4.3 M parameters are those of 81 classes (4.34 M, 4.29 M without batch norm); the authors' "
    "configuration, followed here, has 90 classes and the background"
)
entry = partial(
    Entry,
    family="ssdlite",
    paper=PAPER,
    task="detection",
    input=(3, 320, 320),
    metric_name="COCO AP (0.5:0.95) %",
)

ENTRIES = (
    entry(
        "ssdlite",
        builder="ssdlite:ssdlite",
        reference=SUM,
        params=PARAMS,
        macs=MACS,
        metric=AP,
        differs=DIFFERS,
        notes=(
            RAW,
            "backbone names any classifier of the zoo with maps at strides 8, 16 and 32; its own default input "
            "does not matter here, and the published figures are those of mobilenet_v2",
            "with mobilenet_v3_large, mobilenet_v3_small and mnasnet_a1 it counts 4.97 M without batch norm and "
            "0.61 G, 2.49 M and 0.21 G, 4.86 M and 0.84 G; the MobileNetV3 paper (Table 6) prints 4.97 M and 0.62 G, "
            "2.49 M and 0.21 G, 4.88 M and 0.84 G",
        ),
    ),
    entry(
        "ssdlite320_mobilenet_v2",
        builder="ssdlite:ssdlite320_mobilenet_v2",
        reference=SUM,
        params=PARAMS,
        macs=MACS,
        metric=AP,
        differs=DIFFERS,
        notes=(
            RAW,
            "three default boxes on the finest map and six on the others, from the expanded map of the first block "
            "at stride 32, as in TensorFlow; the released configuration runs at 300, the paper at 320",
            "TensorFlow pads stride-2 layers at one side only: the same sizes and counts",
            "qfgaohao/pytorch-ssd has other extra layers, six boxes everywhere and a 1x1 last head: 4,627,228 "
            "parameters at 91 classes",
        ),
    ),
    entry(
        "ssdlite320_mobilenet_v3_large",
        paper=PAPER_V3,
        builder="ssdlite:ssdlite320_mobilenet_v3_large",
        reference=Reference("torchvision 0.29.1 ssdlite320_mobilenet_v3_large", 3_440_060, 583_171_904),
        params=Figure(3_440_060, 1, WEIGHTS),
        macs=Figure(0.583e9, 0.001e9, WEIGHTS),
        metric=Figure(21.3, 0.1, WEIGHTS),
        notes=(
            RAW,
            "channels behind stride 16 are halved, as in torchvision's trained network",
            "the paper prints 3.22 M, 0.51 G and 22.0 for it (Table 6): with three default boxes on the finest map, "
            "where torchvision has six, it has 3.22 M without batch norm and 0.507 G",
        ),
    ),
)
