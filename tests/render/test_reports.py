"""Each report as it was last looked at, at the widths users have, and its figures added up again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cnnprof.records.entry import Entry, Figure
from cnnprof.records.grid import grid_of
from cnnprof.records.profile import Comparison, Profile
from cnnprof.render.audits import audits_report
from cnnprof.render.catalogue import catalogue_report, details_report
from cnnprof.render.comparison.report import compare_report, session_lines
from cnnprof.render.comparison.table import compare_table
from cnnprof.render.conventions import convention_report
from cnnprof.render.environment import environment_report, remarks
from cnnprof.render.layers.costs import layers_report
from cnnprof.render.profile import profile_report
from cnnprof.render.tally import tally_report
from cnnprof.render.text.console import plain_text
from cnnprof.render.text.layout import lay_out
from cnnprof.render.text.markdown import to_markdown
from cnnprof.render.text.table import Report, Table
from cnnprof.render.text.words import machine, warned
from cnnprof.zoo.catalogue import find_entry
from tests.factory import (
    OPS,
    audit,
    comparison,
    convention,
    counts,
    entry,
    environment,
    measurement,
    profile,
    ratio,
)
from tests.golden import check_golden, check_report

WIDTHS = [("80", 80), ("100", 100), ("piped", None)]


def full_profile() -> Report:
    found = profile()
    return profile_report(found, measurement([found]))


def part_published() -> Entry:
    """Its figures stand in several places, and not all of them are published."""
    return replace(
        entry("ssdlite_ghostnet", "detection"),
        arguments={"backbone": "ghostnet", "width_mult": 0.5},
        input=(3, 320, 320),
        params=Figure(4.3e6, 1e5, "section 6"),
        macs=Figure(8e8, 1e8, "README of the authors' code"),
        metric=None,
        metric_name="COCO AP",
        differs="",
        notes=("layers of the extra feature maps are the paper's", "the head is shared"),
    )


def little_published() -> Entry:
    return replace(entry("csp_net"), params=Figure(5e6, 1e6, "a talk of 2019"), macs=None)


def odd_profile() -> Profile:
    return replace(profile("ghostnet"), counts=counts(OPS[3:], (("aten.foo", 2), ("aten.bar", 1))))


REPORTS = {
    "compare": compare_report(comparison()),
    "profile": full_profile(),
    "layers": layers_report(counts()),
    "catalogue": catalogue_report([entry(), part_published(), little_published()]),
    "details": details_report([entry(), part_published(), little_published()]),
    "environment": environment_report(environment()),
    "audits": audits_report([audit()]),
    "tally": tally_report([profile(), odd_profile()]),
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("label", "width"), WIDTHS)
def test_report(name: str, label: str, width: int | None) -> None:
    check_report(f"{name}_{label}.txt", REPORTS[name], width)


def test_markdown() -> None:
    check_golden("compare.md", to_markdown(REPORTS["compare"]))


def names(table: Table, width: int) -> list[str]:
    return [column for column in (c.name for c in table.columns) if column in plain_text((table,), width)]


POINT_5 = ["model", "params", "macs", "memory", "latency", "images", "GMAC", "ratio", "verdict"]


def test_the_whole_table_fits_100_columns_and_80_keeps_what_matters() -> None:
    at_100 = [line.text for line in lay_out((compare_table(comparison()),), 100)]
    assert all(any(word in line for line in at_100[:3]) for word in POINT_5)
    assert not any("left out" in line for line in at_100)
    at_80 = [line.text for line in lay_out((compare_table(comparison()),), 80)]
    assert "left out at 80 columns: GMAC per s, images per s, params" in " ".join(at_80)


def test_five_models_show_correlations() -> None:
    text = plain_text(compare_report(comparison(5)))
    assert "rank correlation with latency over 5 models" in text
    assert [line.split() for line in text.splitlines() if line.startswith("macs  ")] == [["macs", "0.50"]]
    assert "rank correlation" not in plain_text(compare_report(comparison(4)))


def test_counts_only_has_no_empty_columns() -> None:
    text = plain_text(compare_report(comparison(timed=False)))
    assert "latency" not in text
    assert "verdict" not in text
    assert "2.08x" in text


def test_the_ratio_of_macs_is_to_the_baseline() -> None:
    found = replace(comparison(), baseline=2)
    macs = [profile.counts.macs for profile in found.profiles]
    column = [c.name for c in compare_table(found).columns].index("macs ratio")
    shown = [row[column] for row in compare_table(found).rows]
    assert shown == [f"{amount / macs[2]:.2f}x" for amount in macs]


def test_models_of_one_task_stand_together() -> None:
    first, second, third = comparison().profiles
    detector = replace(second, entry=entry("ghostnet", task="detection"))
    found = Comparison((first, detector, third), 0, None)
    lines = plain_text(compare_report(found)).splitlines()
    order = [line.split()[0] for line in lines if line.split()]
    start = order.index("classification")
    assert order[start : start + 5] == [
        "classification",
        "shufflenet_v2",
        "mobilenet_v2",
        "detection",
        "ghostnet",
    ]
    assert any("different tasks" in line for line in lines)


def test_a_model_whose_task_is_not_known_stands_among_the_others() -> None:
    first, second, third = comparison().profiles
    own = replace(second, entry=None)
    text = plain_text(compare_report(Comparison((first, own, third), 0, None)))
    assert "classification" not in text
    assert "task" not in text


def test_a_setting_that_differs_becomes_a_column() -> None:
    first, second, third = comparison().profiles
    larger = replace(second, request=replace(second.request, inputs=((3, 299, 299),)))
    text = plain_text(compare_report(Comparison((first, larger, third), 0, None)), 80)
    assert text.splitlines()[0] == "3x224x224 and 3x299x299, batch 1, float32, eager on cpu, 2 threads"
    asked = replace(second.request, inputs=None, batch=8, dtype="int8", runtime="openvino", deploy=True)
    other = replace(second, request=asked, device="cuda", threads=None)
    table = compare_table(Comparison((first, other), 0, None))
    assert [column.name for column in table.columns[1:8]] == [
        "input", "batch", "dtype", "runtime", "deployed", "device", "threads",
    ]  # fmt: skip
    assert [row[1:8] for row in table.rows] == [
        ("3x224x224", "1", "float32", "eager", "no", "cpu", "2"),
        ("", "8", "int8", "openvino", "yes", "cuda", ""),
    ]


def test_an_interrupted_session_says_so() -> None:
    found = comparison()
    assert found.measurement is not None
    cut_short = replace(found, measurement=replace(found.measurement, interrupted=True, dropped_rounds=0))
    assert "42 interleaved rounds in 20 s, 0 dropped, interrupted" in plain_text(compare_report(cut_short))


@pytest.mark.parametrize(
    ("floor", "text"),
    [
        (0.0184, "1.8 %"),
        (0.999, "99.9 %"),
        (1.5, "a factor of 2.5"),
        (7.5e15, "a factor of more than 1000"),
    ],
)
def test_a_floor_that_no_percentage_tells(floor: float, text: str) -> None:
    found = comparison()
    assert found.measurement is not None
    noisy = replace(found, measurement=replace(found.measurement, floor=floor))
    said = f"a model against itself came within {text}: smaller differences are not resolved"
    assert said in plain_text(compare_report(noisy))


def test_a_session_over_several_processes_is_told_in_full() -> None:
    found = comparison()
    assert found.measurement is not None
    session = replace(
        found.measurement,
        rounds=131,
        dropped_rounds=14,
        spent_s=19.6,
        floor=0.123,
        processes=6,
        process_sd=0.0567,
        startup_s=16.2,
    )
    lines = session_lines(replace(found, measurement=session), grid_of(found.profiles))
    assert [line for line in lines[1:] if line] == [
        "131 interleaved rounds over 6 processes of each model in 20 s, 14 dropped (other work disturbed them)",
        "starting processes, preparing models and warming up took 17 s more",
        "processes of one model differ by 5.7 % (standard deviation), which the intervals allow for",
        "a model against itself came within 12.3 %: smaller differences are not resolved",
    ]


def test_published_figures_stand_beside_the_same_network_only() -> None:
    found = profile()
    assert "146 M, Table 8: differs" in plain_text(profile_report(found))
    assert "1.3 M, Table 8: agrees" in plain_text(profile_report(found))
    other = replace(found, request=replace(found.request, arguments={"width_mult": 0.5}))
    assert "Table 8" not in plain_text(profile_report(other))
    larger = replace(found, request=replace(found.request, inputs=((3, 299, 299),)))
    assert "Table 8" not in plain_text(profile_report(larger))


def test_published_macs_are_for_one_image() -> None:
    found = profile()
    eight = replace(
        found,
        request=replace(found.request, batch=8),
        counts=replace(found.counts, macs=8 * 145_800_000),
    )
    assert "146 M an image, Table 8: agrees" in plain_text(profile_report(eight))


def test_uncounted_ops_and_a_real_pass_are_named() -> None:
    found = replace(profile(), counts=replace(counts(uncounted=(("aten.foo", 2),)), method="forward"))
    text = plain_text(profile_report(found))
    assert "uncounted ops of shufflenet_v2: aten.foo x2" in text
    assert "one real forward pass" in text


def test_no_comparison_hides_what_it_did_not_count() -> None:
    found = comparison(2)
    first, second = found.profiles
    odd = replace(second, counts=replace(second.counts, uncounted_ops=(("aten.foo", 2), ("aten.bar", 1))))
    said = f"uncounted ops of {second.request.model}: aten.foo x2; aten.bar x1"
    assert said in plain_text(compare_report(replace(found, profiles=(first, odd))))
    assert "uncounted" not in plain_text(compare_report(found))


def test_a_convention_prints_what_its_counter_prints() -> None:
    one = plain_text(convention_report([replace(profile(), convention=convention())]))
    assert "2,278,604" in one
    assert "22.10MB" in one
    assert "torchstat counts modules" in one
    both = [replace(found, convention=convention()) for found in comparison(2).profiles]
    rows = plain_text(convention_report(both)).splitlines()
    assert [row.split()[0] for row in rows[3:5]] == ["shufflenet_v2", "ghostnet"]
    paper = replace(convention(), name="paper")
    assert convention_report([replace(profile(), convention=paper)]) == ()


def test_remarks_on_the_machine() -> None:
    quiet = replace(environment(), quota_cores=None, governor="performance", virtualised=False)
    assert remarks(quiet) == ["nothing stands out: no quota, no load, a steady clock"]
    busy = replace(quiet, load_1min=3.5, governor="powersave")
    said = " ".join(remarks(busy))
    assert "load 3.50" in said
    assert "powersave" in said


def test_an_unresolved_ratio_keeps_its_interval() -> None:
    first, second, _ = comparison().profiles
    near = replace(second, ratio=ratio(1.0003, "not resolved"))
    text = plain_text(compare_report(replace(comparison(), profiles=(first, near))))
    assert "1.00x [0.98, 1.03]" in text
    assert "not resolved" in text


def test_what_a_network_was_built_with_stands_in_its_heading() -> None:
    found = profile()
    built = replace(found, request=replace(found.request, arguments={"width_mult": 0.5}, deploy=True))
    text = plain_text(profile_report(built))
    assert "batch 1, float32, width_mult=0.5, deployed" in text.splitlines()[0]
    assert ", but for width_mult=0.5" in text


def test_of_several_only_one_was_folded() -> None:
    first, second, third = comparison().profiles
    folded = replace(second, request=replace(second.request, deploy=True))
    lines = plain_text(compare_report(Comparison((first, folded, third), 0, None))).splitlines()
    assert "deployed" not in lines[0]
    assert [line.split()[1] for line in lines if line.startswith(("ghostnet", "mobilenet"))] == ["yes", "no"]


def test_the_machine_s_line_names_what_ran() -> None:
    ran = replace(environment(), versions={"torch": "2.13.0", "cnnprof": "0.1.0", "onnxruntime": "1.32.0"})
    assert machine(ran).endswith("torch 2.13.0, onnxruntime 1.32.0")


def test_the_foot_of_a_picture_names_the_first_warning() -> None:
    assert warned([]) == []
    assert warned(["not steady", "not steady"]) == ["warning: not steady"]
    assert warned(["not steady", "throttled", "swapped"]) == ["warning: not steady, and 2 more"]


def test_figures_of_several_metrics_are_told_apart() -> None:
    text = plain_text(catalogue_report([find_entry(name) for name in ("mobilenet_v2", "yolov1", "yolox_s")]))
    assert re.findall(r"\d\d\.\d [abc]", text) == ["72.0 a", "63.4 b", "39.6 c"]
    assert "metric a: ImageNet top-1 %, b: VOC07 mAP %, c: COCO AP" in text
