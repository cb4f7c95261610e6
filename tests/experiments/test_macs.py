"""Every network of every table has the multiply-adds that are printed, or the table says why not."""

from __future__ import annotations

import re
from math import prod

import pytest

from cnnprof.experiments import ncnn, timm
from cnnprof.experiments.registry import EXPERIMENTS
from cnnprof.experiments.rules import BATCH_NORM, CONDENSENET, POOLING
from cnnprof.pipeline.subject import count_model
from cnnprof.records.counts import Counts
from cnnprof.records.experiment import Group, Row
from cnnprof.records.request import Request

GROUPS = [group for experiment in EXPERIMENTS.values() for group in experiment.groups]
STATED = re.compile(r"^([\d.]+) ([MG])\b")

# Of 205 rows: those of the printed multiply-adds, those of them under a rule that the row names, those of another
# figure that is printed of the same network, those that are none of these, and those that are not built.
STANDING = {"exact": 149, "rule": 14, "elsewhere": 5, "differs": 13, "missing": 24}


def counted(row: Row) -> Counts:
    return count_model(Request(row.model, (row.input,), device="cpu", arguments=row.arguments, latency=False))


def find(experiment: str, label: str) -> Row:
    return next(row for group in EXPERIMENTS[experiment].groups for row in group.built if row.label == label)


@pytest.mark.parametrize("group", GROUPS, ids=[f"{g.title} {g.source}" for g in GROUPS])
def test_macs_are_those_of_the_paper(group: Group) -> None:
    for row in group.built:
        counts = counted(row)
        found = counts.macs
        if (how := row.judge(counts)) == "exact":
            assert not row.differs, f"{row.label} agrees: {found}"
            continue
        assert row.differs, f"{row.label}: {found} is not {row.macs}, and nothing says why"
        assert (how == "rule") == (row.rule is not None), f"{row.label}: its rule does not give {row.macs}"
        assert (how == "elsewhere") == (row.macs_elsewhere is not None), (
            f"{row.label}: not {row.macs_elsewhere}"
        )
        if stated := STATED.match(row.differs):
            scale = {"M": 1e6, "G": 1e9}[stated[2]]
            decimals = len(stated[1].partition(".")[2])
            assert f"{found / scale:.{decimals}f}" == stated[1], row.label


def test_few_rows_differ() -> None:
    rows = [row for group in GROUPS for row in group.rows]
    ruled = [row for row in rows if row.model and row.differs and row.rule]
    elsewhere = [row for row in rows if row.model and row.macs_elsewhere]
    starred = [row for row in rows if row.model and row.differs and not row.rule and not row.macs_elsewhere]
    missing = [row for row in rows if not row.model]
    found = {
        "rule": len(ruled),
        "elsewhere": len(elsewhere),
        "differs": len(starred),
        "missing": len(missing),
    }
    assert {"exact": len(rows) - sum(found.values()), **found} == STANDING


@pytest.mark.parametrize(
    ("experiment", "beginning", "rows"),
    [
        ("table8", "ShuffleNet v2 ", 4),
        ("table8", "CondenseNet", 2),
        ("micronet", "MicroNet", 5),
        ("mobilenet-v3", "Large ", 10),
        ("mobilenet-v3", "Small ", 9),
    ],
)
def test_a_rule_holds_for_all_of_a_family(experiment: str, beginning: str, rows: int) -> None:
    built = [row for group in EXPERIMENTS[experiment].groups for row in group.built]
    family = [row for row in built if row.label.startswith(beginning)]
    assert len(family) == rows
    for row in family:
        assert row.rule is not None, row.label
        assert row.reproduced_by(row.rule.total(counted(row))), row.label


def test_rules_by_hand() -> None:
    # the last maps of ShuffleNet V2 0.5x are 7x7 of 1024 channels
    assert POOLING.total(counted(find("table8", "ShuffleNet v2 0.5x"))) == 40_476_448 + 49 * 1024
    # 1032 of 2064 channels go into CondenseNet's classifier; its biases and pools of 48 to 1040 channels count
    counts = counted(find("table8", "CondenseNet (G=C=8)"))
    pools = 112**2 * 48 + 56**2 * 144 + 28**2 * 400 + 14**2 * 1040 + 7**2 * 2064
    relus = sum(
        op.output_shapes[0][1] * op.output_shapes[0][2] ** 2 for op in counts.ops if op.kind == "relu"
    )
    assert CONDENSENET.total(counts) == counts.macs + pools + relus + 1000
    # a multiply-add for each output of each batch norm
    counts = counted(find("micronet", "MicroNet-M0"))
    outputs = sum(prod(op.output_shapes[0]) for op in counts.ops if op.kind == "batch_norm")
    assert BATCH_NORM.total(counts) == counts.macs + outputs


def test_params_of_mobilenet_v3_are_those_of_its_table_9() -> None:
    # M, in the order of the rows; Large at 1.25 has them with the 1280 channels that it keeps before the classifier
    large = [5.4, 7.5, 4.0, 2.6, 2.2, *[5.4] * 5]
    small = [2.5, 3.6, 2.0, 1.6, 1.4, *[2.5] * 4]
    for title, printed in (("large at", large), ("small at", small)):
        (group,) = [one for one in EXPERIMENTS["mobilenet-v3"].groups if one.title.startswith(title)]
        for row, params in zip(group.built, printed, strict=True):
            assert abs(counted(row).params - params * 1e6) < 0.1e6, row.label


def test_derived_figures_are_exact() -> None:
    for name in ("g1", "g2", "g3", "g4"):
        for group in EXPERIMENTS[name].groups:
            for row in group.built:
                assert row.macs is not None
                assert row.macs.step == 1, "the papers print none"


@pytest.mark.parametrize("source", [ncnn, timm], ids=["ncnn", "timm"])
def test_what_is_ranked_elsewhere_can_be_counted(source: object) -> None:
    for row in source.NETWORKS.values():  # type: ignore[attr-defined]
        assert counted(row).macs > 0
