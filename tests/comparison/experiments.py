"""Experiments made by hand: two devices, three networks, and what was measured of them."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Experiment, Group, GroupResult, Platform, Row
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Ratio
from tests.factory import BASELINE, measurement, profile

GPU = Platform("gpu", "Big GPU", "batches/s", "made up")
PHONE = Platform("phone", "Old Phone", "ms", "made up")
MACS = Figure(243_329_024, 1, "ten blocks")


def row(label: str, gpu: float, phone: float, macs: Figure | None = MACS, differs: str = "") -> Row:
    return Row(
        label, "controlled:g1", {"c1": 32}, (56, 56), macs, {"gpu": gpu, "phone": phone}, 71.5, differs
    )


ROWS = (
    row("even", 100, 10),
    row("uneven", 50, 12, Figure(250e6, 1e6, "table 1"), "243.33 M in the layers, made up"),
    row("skewed", 40, 25),
)
LEFT_OUT = Row("huge", macs=Figure(9e9, 1e9, "table 1"), speeds={"gpu": 3}, differs="not in the zoo")
GROUP = Group("x1", "table 1", (*ROWS, LEFT_OUT), "skewed", "Big GPU x1")


def experiment(contrast: str = "skewed", rows: tuple[Row, ...] = (*ROWS, LEFT_OUT)) -> Experiment:
    group = replace(GROUP, contrast=contrast, rows=rows)
    return Experiment(
        "made-up",
        "a made-up table",
        "Nobody (2018), table 1",
        "skewed networks are slower",
        (GPU, PHONE),
        (group,),
        ("batch 1; the paper does not say",),
        ("norm",),
        metric_name="top-1 %",
        notes=("figures are made up",),
    )


def ratio(value: float, verdict: str) -> Ratio:
    return Ratio(value, value * 0.98, value * 1.02, verdict, 40, floor=0.018)


def profiles(timed: bool = True) -> list[Profile]:
    """The second takes 1.2 times as long as the first and the third twice."""
    seconds = (0.010, 0.012, 0.020)
    ratios = (BASELINE, ratio(1.2, "slower"), ratio(2.0, "slower"))
    return [
        profile("controlled:g1", second if timed else None, against)
        for second, against in zip(seconds, ratios, strict=True)
    ]


def result(made: Experiment, timed: bool = True) -> GroupResult:
    found = profiles(timed)
    pairs = (
        Pair(1, 0, ratio(1.2, "slower")),
        Pair(2, 0, ratio(2.0, "slower")),
        Pair(2, 1, ratio(1.02, "not resolved")),
    )
    comparison = Comparison(
        tuple(found), 0, measurement(found) if timed else None, pairs=pairs if timed else ()
    )
    group = made.groups[0]
    return GroupResult(group, comparison)
