"""The reports of experiments as they were last looked at, and their figures worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cnnprof.cli.experiment import listed
from cnnprof.comparison.agreement import agreements, rank_devices
from cnnprof.comparison.effects import effects
from cnnprof.experiments.registry import EXPERIMENTS
from cnnprof.records.elsewhere import Device, Elsewhere
from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Experiment, ExperimentResult, Group, GroupResult, Row, Rule
from cnnprof.records.profile import Comparison, Profile
from cnnprof.render.experiment.agreement import elsewhere_report
from cnnprof.render.experiment.report import experiment_report
from cnnprof.render.text.console import plain_text
from cnnprof.render.text.markdown import to_markdown
from tests.comparison.experiments import experiment, result
from tests.comparison.test_agreement import TIMES, network
from tests.factory import BASELINE, OPS, counts, measurement, profile
from tests.golden import check_golden, check_report
from tests.grids import pairs_of, ratio_of

WIDTHS = [("80", 80), ("100", 100), ("piped", None)]


def ran(made: Experiment, timed: bool = True) -> ExperimentResult:
    found = (result(made, timed),)
    return ExperimentResult(made, found, effects(made, found), agreements(made, found))


def elsewhere() -> Elsewhere:
    names = "abcdef"
    cpu = Device("A", "CPU", "somewhere", "ncnn, one thread", dict(zip(names, TIMES, strict=True)))
    gpu = Device("B", "GPU", "somewhere", "ncnn, Vulkan", dict(zip(names, reversed(TIMES), strict=True)))
    counted = {name: network(place) for place, name in enumerate(names, 1)}
    return Elsewhere(rank_devices([gpu, cpu], counted), rank_devices([gpu, cpu], counted, 5), 5_000_000)


BUILT = {"net 1x": "net_a", "net 2x": "net_b", "wide": "net_c", "thin": "net_d", "flat": "net_f"}
MILLION = 1e6


def printed(label: str, macs: float | None, gpu: float, phone: float = 0, **more: Any) -> Row:
    """A row of a table in millions of multiply-adds."""
    figure = None if macs is None else Figure(macs * MILLION, MILLION, "the table")
    speeds = {"gpu": gpu, **({"phone": phone} if phone else {})}
    return Row(label, macs=figure, speeds=speeds, **{"model": BUILT.get(label, ""), **more})


def timed_row(row: Row, macs: float, ms: float | None, first_ms: float) -> Profile:
    """A network of so many million multiply-adds, whose batch norm has 20.4 million operations."""
    ops = tuple(replace(op, flops=20_400_000) if op.kind == "batch_norm" else op for op in OPS)
    against = BASELINE if ms == first_ms else ratio_of(ms / first_ms) if ms else None
    found = profile(row.model, ms and ms / 1e3, against)
    return replace(
        found,
        request=replace(found.request, inputs=(row.input,)),
        counts=replace(
            counts(ops), macs=round(macs * MILLION), memory_bytes=round((90 - macs / 10) * MILLION)
        ),
        failure="out of memory" if ms is None else "",
    )


def of_networks() -> ExperimentResult:
    """Two tables of networks at two inputs: each way in which a count is not the printed one, and one that failed."""
    rule = Rule("batch norm", ("batch_norm",), per=2)
    wide = Figure(402e6, MILLION, "the authors' own")
    large = Group(
        "large",
        "table 2",
        (
            printed("net 1x", 250, 90.5, 31, metric=71.5),
            printed("net 2x", 310, 61, 55, metric=74.0, differs="its figures show it", rule=rule),
            printed("wide", 400, 40, 90, input=(3, 331, 331), differs="other heads", macs_elsewhere=wide),
            printed("huge", 9000, 3, differs="not in the zoo"),
        ),
    )
    small = Group(
        "small",
        "table 3",
        (
            printed("net 1x", 100, 200, input=(3, 160, 160)),
            printed("net 2x", 120, 150, input=(3, 160, 160), model="net_e", differs="the stem is ours"),
            printed("thin", None, 300, input=(3, 160, 160)),
            printed("flat", 80, 250, input=(3, 160, 160)),
        ),
    )
    # 300 M and 20.4 M / 2 are 310.2 M
    counted: Sequence[Sequence[tuple[float, float | None]]] = (
        ((250.4, 11.0), (300.0, 9.0), (402.3, 21.0)),
        ((100.2, 5.0), (121.5, 4.0), (60.0, 3.0), (85.0, None)),
    )
    groups = []
    for group, figures, floor in zip((large, small), counted, (0.0184, 0.009), strict=True):
        first = figures[0][1] or 0
        found = [timed_row(row, *each, first) for row, each in zip(group.built, figures, strict=True)]
        session = replace(measurement(found), floor=floor)
        groups.append(GroupResult(group, Comparison(tuple(found), 0, session, pairs=pairs_of(found))))
    made = replace(experiment(), groups=(large, small), metric_name="ImageNet top-1 %")
    return ExperimentResult(made, tuple(groups), (), agreements(made, groups), interrupted=True)


REPORTS = {
    "experiment_networks": experiment_report(of_networks()),
    "elsewhere": elsewhere_report(elsewhere()),
    "experiment": experiment_report(ran(experiment())),
    "experiment_counts": experiment_report(ran(experiment(""), timed=False)),
    "experiments": listed(20.0).report,
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("label", "width"), WIDTHS)
def test_report(name: str, label: str, width: int | None) -> None:
    check_report(f"{name}_{label}.txt", REPORTS[name], width)


def test_markdown() -> None:
    assert "\n- - " not in to_markdown(REPORTS["experiment"])
    check_golden("experiment.md", to_markdown(REPORTS["experiment"]))


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_what_can_be_said_is_short(experiment: Experiment) -> None:
    for text in (*experiment.decisions, *experiment.notes, experiment.claim):
        assert len(text) < 300
        assert not text.endswith(".")


def test_ratios_are_of_times_there_and_here() -> None:
    text = plain_text(REPORTS["experiment"])
    (row,) = [line for line in text.splitlines() if line.startswith("uneven ")]
    # 100 / 50 batches per s is twice the time, 12 / 10 ms is 1.2 times; here 12 / 10
    assert row.split()[row.split().index("50") + 1] == "2.00x"
    assert "1.20x" in row
    assert "243.3 M*" in row, "not the 250 M that are printed"
    assert "skewed takes 2.50x the time of even there, 2.00x [1.96, 2.04] here: holds, smaller" in text
    assert "not built: huge (not in the zoo)" in text
    assert "* uneven: 243.33 M in the layers, made up" in text


def test_a_figure_that_is_printed_elsewhere_has_a_mark_of_its_own() -> None:
    even, uneven, *others = experiment().groups[0].rows
    known = replace(uneven, macs_elsewhere=Figure(243e6, 1e6, "the authors' own"))
    text = plain_text(experiment_report(ran(experiment(rows=(even, known, *others)))))
    assert "243.3 M=" in text
    assert "= as printed elsewhere: uneven: 243.33 M in the layers, made up" in text
    assert "*" not in text


def test_without_timing_nothing_is_said_of_this_machine() -> None:
    text = plain_text(REPORTS["experiment_counts"])
    assert "here: holds" not in text
    assert "time ratio" not in text
    assert "interleaved" not in text


@pytest.mark.parametrize(
    ("floors", "text"),
    [
        ((0.012, 0.018), "1.2 to 1.8 %"),
        ((0.018, 0.018), "1.8 %"),
        ((0.018, 2.0), "1.8 % to a factor of 3.0"),
    ],
)
def test_the_floors_of_all_groups(floors: tuple[float, ...], text: str) -> None:
    made = ran(experiment())
    (group,) = made.groups
    measured = group.comparison.measurement
    assert measured is not None
    groups = tuple(
        replace(group, comparison=replace(group.comparison, measurement=replace(measured, floor=floor)))
        for floor in floors
    )
    said = f"a model against itself came within {text}: smaller"
    assert said in plain_text(experiment_report(replace(made, groups=groups)))


def test_what_was_not_resolved_is_no_answer() -> None:
    made = experiment()
    found = ran(made)
    unresolved = tuple(
        type(effect)(effect.scope, "a", "b", effect.platform, 2.0, 1.5, 0.9, 2.5, "not resolved")
        for effect in found.effects
    )
    text = plain_text(experiment_report(ExperimentResult(made, found.groups, unresolved)))
    assert "not resolved here in any of the 2 columns" in text
    assert "the effect holds" not in text


def test_elsewhere_shows_medians_then_devices() -> None:
    report = elsewhere_report(elsewhere())
    text = plain_text(report, 100)
    assert max(map(len, text.splitlines())) <= 100
    assert [line.split()[:4] for line in text.splitlines() if line.startswith("1 processors")] == [
        ["1", "processors", "1.00", "/"]
    ] * 2
    # b is the reverse of a, and params the reverse of macs
    assert "all networks on GPUs: params ranks best, 1.00; macs -1.00" in text
    assert "light networks, up to 5 M" in text
    assert "A (ncnn)" in text
    assert "[1.00, 1.00]" not in plain_text(report)  # of few models in perfect order every draw is


def test_elsewhere_keeps_what_it_is_about_where_there_is_little_room() -> None:
    text = plain_text(elsewhere_report(elsewhere()), 60)
    medians = text[text.index("Spearman's rho / Kendall's tau") :].split("\n\n")[0]
    assert "access" in medians
    assert "left out at 60 columns: activations, params; a wider" in " ".join(medians.split())
