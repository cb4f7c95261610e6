"""CondenseNet as published."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("CondenseNet: An Efficient DenseNet using Learned Group Convolutions", 2017, "1711.09224")
README = "README of ShichenLiu/CondenseNet"
NOTES = (
    "the network as it runs after training: learned groups are ordinary ones behind an index that picks their inputs",
    "parameters are those of the authors' converted network and of pytorchcv's condensenet74",
)


def differs(macs: str, printed: str, total: str) -> str:
    """Why the authors' counter prints more."""
    return (
        f"{macs} M in convolutions and the classifier; the authors' counter (measure_model in utils.py) adds an "
        f"operation for each ReLU, input of an average pool and bias: {total} M, printed as {printed}"
    )


def entry(
    groups: int, params: int, macs: int, printed: tuple[float, float, float], why: tuple[str, str, str]
) -> Entry:
    """CondenseNet-74 with as many groups as the condensation factor; ``printed`` M parameters, M macs, top-1 %."""
    million_params, million_macs, top1 = printed
    return Entry(
        f"condensenet_g{groups}",
        "condensenet",
        PAPER,
        "condensenet:condensenet",
        Reference(
            f"models/condensenet_converted.py of ShichenLiu/CondenseNet, C = G = {groups}", params, macs
        ),
        {"groups": groups},
        params=Figure(million_params * 1e6, 0.1e6, README),
        macs=Figure(million_macs * 1e6, 1e6, README),
        metric=Figure(top1, 0.1, README),
        differs=differs(*why),
        notes=NOTES,
    )


ENTRIES = (
    entry(4, 4_773_944, 516_640_576, (4.8, 529, 73.8), ("516.64", "529", "529.33")),
    entry(8, 2_935_416, 261_545_792, (2.9, 274, 71.0), ("261.55", "274", "274.23")),
)
