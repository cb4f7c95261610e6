"""DFANet as far as its paper describes it; no public code reproduces the paper's figures."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("DFANet: Deep Feature Aggregation for Real-Time Semantic Segmentation", 2019, "1904.02216")
CODE = (
    "the paper's Table 1 and figure 3, with the blocks of ycszen/TorchSeg at 62eeb15 (Xception39) and the "
    "attention and decoder of Tramac/awesome-semantic-segmentation-pytorch at d37d2a1"
)
WHERE = "Table 5"
TABLE_5 = "Table 5, test set"
NOTES = (
    "from the paper: stages, channels and repeats of Table 1, links, sizes and attention of figure 3",
    "not in the paper: stride and shortcut of a block (Xception39's, which fit Table 3's operations), norm and "
    "ReLU of attention and decoder, the decoder's 32 channels, its 3x3 filter (Table 4 gives the low-level "
    "path 0.7 G, out of a 1x1 filter's reach)",
    "other public code departs from Table 1 or figure 3: huaifeng1993/DFANet has 3, 6 and 3 blocks and counts "
    "7.6 G, Tramac's strides a block's third convolution",
)


def in_megabytes(printed: str, counted: str, size: str) -> str:
    """Why the paper prints more than four times the parameters, as far as that is known."""
    return (
        f"the paper's {printed} M seem to be megabytes of float32 weights, as in BiSeNet's paper: Table 1's "
        f"layers cannot hold as many parameters; {counted} M weights are {size} MB, and the rest is unexplained"
    )


entry = partial(
    Entry,
    family="dfanet",
    paper=PAPER,
    builder="dfanet:dfanet",
    task="segmentation",
    input=(3, 1024, 1024),
    metric_name="Cityscapes mIoU %",
)

ENTRIES = (
    entry(
        "dfanet_a",
        reference=Reference(CODE, 1_837_907, 3_490_780_160),
        arguments={"backbone": "a"},
        params=Figure(7.8e6, 0.1e6, WHERE),
        macs=Figure(3.4e9, 0.1e9, WHERE),
        metric=Figure(71.3, 0.1, TABLE_5),
        differs=in_megabytes("7.8", "1.84", "7.4"),
        notes=(
            *NOTES,
            "DFANet A' of the paper is this network at 512 x 1024: 1.75 G multiply-adds here, 1.7 G in Table 5",
        ),
    ),
    entry(
        "dfanet_b",
        reference=Reference(CODE, 1_107_203, 2_103_228_416),
        arguments={"backbone": "b"},
        params=Figure(4.8e6, 0.1e6, f"{WHERE}; Table 4 prints 4.9 M"),
        macs=Figure(2.1e9, 0.1e9, WHERE),
        metric=Figure(67.1, 0.1, TABLE_5),
        differs=in_megabytes("4.8", "1.11", "4.4"),
        notes=NOTES,
    ),
)
