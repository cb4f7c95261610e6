"""ThunderNet on its three backbones as published, up to the raw outputs of both stages."""

from __future__ import annotations

from functools import partial

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("ThunderNet: Towards Real-time Generic Object Detection", 2019, "1903.11752")
SUM = "the paper's Table 1 and sections 3.1-3.2 (arithmetic)"
NOTES = (
    "ends at the raw outputs of both stages: no box decoding, no non-maximum suppression; the second stage runs on "
    "200 fixed boxes, as many as the paper keeps in tests",
    "RoI align is F.grid_sample and a maximum in place of the authors' CUDA layer, counted as what they are",
    'follows the text, with one layer of 1024 and one box a proposal; the authors\' later code (layout="authors") '
    "has two such layers and a box a class: 1.37 M parameters and 0.27 G multiply-adds more",
)
QUOTED = "README of WongKinYiu/CrossStagePartialNetworks (the paper's row, COCO test-dev)"
entry = partial(
    Entry,
    family="thundernet",
    paper=PAPER,
    builder="thundernet:thundernet",
    task="detection",
    input=(3, 320, 320),
    metric_name="COCO AP (0.5:0.95) %",
)

ENTRIES = (
    entry(
        "thundernet_snet49",
        reference=Reference(SUM, 1_154_235, 263_513_840),
        arguments={"snet": 49},
        metric=Figure(19.1, 0.1, QUOTED),
        notes=(
            *NOTES,
            "the authors' README says 19.2 AP",
            "its backbone has 50.7 M multiply-adds at 224, 49 M by its name",
        ),
    ),
    entry(
        "thundernet_snet146",
        reference=Reference(SUM, 1_880_283, 505_104_960),
        arguments={"snet": 146},
        metric=Figure(23.6, 0.1, QUOTED),
        notes=(
            *NOTES,
            "the README of qinzheng93/ThunderNet reports 23.6 AP too, for its own layout",
            "its backbone has 162.0 M multiply-adds at 224, in the authors' code too, and 146 M by its name and "
            "README; why is not known",
        ),
    ),
    entry(
        "thundernet_snet535",
        reference=Reference(SUM, 4_666_891, 1_308_502_640),
        arguments={"snet": 535},
        metric=Figure(28.1, 0.1, "survey, doi 10.1007/s10462-024-10877-1"),
        notes=(*NOTES, "its backbone has 538.9 M multiply-adds at 224, 535 M by its name"),
    ),
)
