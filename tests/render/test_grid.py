"""Grids as they were last looked at, at the widths users have."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cnnprof.comparison.standing import stand
from cnnprof.records.grid import grid_of
from cnnprof.records.profile import Comparison
from cnnprof.records.ranking import Misjudgement
from cnnprof.records.timing import Ratio
from cnnprof.render.comparison.report import compare_report
from cnnprof.render.comparison.standing import misjudged_lines
from cnnprof.render.profile_grid import profile_grid_report
from cnnprof.render.text.console import plain_text
from cnnprof.render.text.markdown import to_markdown
from cnnprof.render.text.table import Report
from tests.factory import measurement
from tests.golden import check_golden, check_report
from tests.grids import FLOOR, NETS, cell, grid, pairs_of, prepared, ratio_of

WIDTHS = [("80", 80), ("100", 100), ("piped", None)]
FIVE = ("eager", "compiled", "onnxruntime", "openvino", "ncnn")


def one_model() -> Report:
    found = grid((1,), ("eager", "onnxruntime", "openvino"))
    return profile_grid_report(replace(found, profiles=tuple(map(prepared, found.profiles))))


REPORTS = {
    "grid": compare_report(grid(failing="onnxruntime")),
    "grid_batches": compare_report(grid((0, 1), ("eager",), (1, 8))),
    "grid_both": compare_report(grid((0, 1), batches=(1, 8))),
    "grid_dtypes": compare_report(grid(range(6), ("onnxruntime",), dtypes=("float32", "int8"))),
    "grid_engines": compare_report(grid(range(6), dtypes=("float32", "int8"))),
    "grid_standing": compare_report(grid(range(6))),
    "grid_five": compare_report(grid(range(6), FIVE)),
    "standing": compare_report(grid(range(6), ("eager",))),
    "profile_grid": one_model(),
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("label", "width"), WIDTHS)
def test_report(name: str, label: str, width: int | None) -> None:
    check_report(f"{name}_{label}.txt", REPORTS[name], width)


def test_markdown_has_both_ends_of_every_interval() -> None:
    text = to_markdown(REPORTS["grid"])
    check_golden("grid.md", text)
    assert "±" not in text


@pytest.mark.parametrize("width", [80, 100])
def test_five_runtimes_fit_or_say_what_is_left_out(width: int) -> None:
    found = grid(range(6), FIVE)
    text = plain_text(compare_report(found), width)
    assert max(map(len, text.splitlines())) <= width
    assert ("left out at 80 columns: memory access, macs" in text) == (width == 80)
    assert "intervals are left out at this width" in text


def test_titles_are_wrapped() -> None:
    found = grid(range(2), FIVE[:2], (1, 8), dtypes=("float32", "int8"))
    assert max(map(len, plain_text(compare_report(found), 60).splitlines())) <= 60


def cells(found: Comparison, model: str) -> list[str]:
    """The first row of a model, cell by cell."""
    lines = plain_text(compare_report(found)).splitlines()
    return next(line for line in lines if line.startswith(f"{model} ")).split("  ")


def test_a_cell_that_failed_says_so_and_the_reason_stands_below() -> None:
    found = grid(failing="onnxruntime")
    assert cells(found, "ghostnet")[-1].strip() == "not timed"
    text = plain_text(compare_report(found))
    assert "not timed: ghostnet (onnxruntime): the worker was killed: out of memory" in text
    plain = replace(found, profiles=found.profiles[3:], baseline=0, pairs=())
    assert "not timed" in cells(plain, "ghostnet")
    assert "not timed: ghostnet: the worker was killed" in plain_text(compare_report(plain))


def test_a_runtime_that_is_missing_costs_one_line() -> None:
    found = grid(batches=(1, 8))
    missing = tuple(
        replace(each, timing=None, ratio=None, failure="ncnn is not installed (pip install 'cnnprof[ncnn]')")
        if each.request.runtime == "onnxruntime"
        else each
        for each in found.profiles
    )
    text = plain_text(compare_report(replace(found, profiles=missing)))
    assert "not timed: every model (onnxruntime): ncnn is not installed (pip install 'cnnprof[ncnn]')" in text
    assert text.count("pip install") == 1
    assert "same model's under eager" not in text


def test_a_front_is_ranked_over_all_engines() -> None:
    """The most accurate stands first also where it is not in the first engine's front: it failed there."""
    text = plain_text(compare_report(grid(range(6), failing="eager")))
    *_, table = text.split("Pareto fronts of published ImageNet top-1 %")
    ranked = re.findall(r"^(\w+) +\d", table.split("\n\n")[0], re.MULTILINE)
    assert ranked == ["ghostnet", "mnasnet1_0", "mobilenet_v2", "shufflenet_v2", "squeezenet1_1"]


@pytest.mark.parametrize(
    ("pairs", "unresolved", "said"),
    [
        (0, 10, "no pair of models is resolved"),
        (1, 0, "the one resolved pair is in the order of macs"),
        (9, 1, "all 9 resolved pairs are in the order of macs (1 more is not resolved)"),
        (8, 2, "all 8 resolved pairs are in the order of macs (2 more are not resolved)"),
    ],
)
def test_where_no_pair_runs_against_the_multiply_adds(pairs: int, unresolved: int, said: str) -> None:
    found = Misjudgement("eager", "float32", 1, 5, pairs, 0, unresolved)
    several = grid_of(grid(range(5)).profiles)
    assert misjudged_lines(found, several) == [f"macs against the clock under eager: {said}"]


def test_a_sweep_that_only_counts_has_a_row_a_batch() -> None:
    counted = tuple(replace(cell(1, batch=batch), timing=None) for batch in (1, 8))
    text = plain_text(profile_grid_report(Comparison(counted, 0, None)))
    rows = [line.split()[:6] for line in text.splitlines() if line.startswith("ghostnet  ")]
    assert rows == [
        ["ghostnet", "1", "3.00", "M", "141.2", "M"],
        ["ghostnet", "8", "3.00", "M", "1.13", "G"],
    ]
    assert "timed" not in text


def test_where_the_first_engine_is_missing_others_are_set_against_the_next() -> None:
    runtimes = ("ncnn", "onnxruntime", "openvino")
    profiles = [cell(net, runtime) for runtime in runtimes for net in (0, 1)]
    profiles = [
        replace(each, timing=None, failure="not installed") if each.request.runtime == "ncnn" else each
        for each in profiles
    ]
    found = stand(profiles, 0, measurement(profiles[2:]), pairs_of(profiles))
    text = plain_text(compare_report(found))
    assert "time over the same model's under onnxruntime\n" in text
    assert "openvino takes" in text


def test_every_latency_and_ratio_is_where_it_belongs() -> None:
    text = plain_text(compare_report(grid()))
    latencies, baseline, first = text.split("\n\n")[1:4]
    for name, _, _, eager, other in NETS[:3]:
        row = next(line for line in latencies.splitlines() if line.startswith(name))
        assert row.index(f"{eager * 1e3:.2f} [") < row.index(f"{other * 1e3:.2f} [")
        row = next(line for line in first.splitlines() if line.startswith(name))
        ratio = other / eager
        assert f"{ratio:.3f}x [" in row or f"{ratio:.2f}x [" in row
    base = NETS[0]
    for name, _, _, eager, other in NETS[1:3]:
        row = next(line for line in baseline.splitlines() if line.startswith(name))
        assert f"{eager / base[3]:.2f}x [" in row
        assert f"{other / base[4]:.2f}x [" in row


def test_a_ratio_that_is_not_resolved_is_marked() -> None:
    # 15.41 over 15.34 ms: half a percent apart.
    text = plain_text(compare_report(grid((0, 3))))
    assert "~1.00x [0.99, 1.02]" in text
    assert "order under eager, fastest first: shufflenet_v2 ~ squeezenet1_1" in text
    assert "order under onnxruntime, fastest first: shufflenet_v2 < squeezenet1_1" in text


def test_images_per_s_of_a_batch_come_from_the_pair() -> None:
    # 8 images in 7.2 times the time: 1.11 times the images.
    text = plain_text(compare_report(grid((0, 1), ("eager",), (1, 8))))
    row = next(line for line in text.splitlines() if line.startswith("shufflenet_v2      8"))
    assert f"{8 / (0.01534 * 7.2):.1f}" in row
    assert "1.11x [1.10, 1.12]" in row
    # 4 times the images of the first batch in 4 times its time.
    assert "~1.00x [0.99, 1.01]" in plain_text(compare_report(grid((0, 1), ("eager",), (2, 8))))


def test_a_gain_is_resolved_by_the_rule_of_any_pair() -> None:
    found = grid((0, 1), ("eager",), (1, 8))
    # 8 images in 7.95 times the time: 0.6 % more images, below the floor of 1.8 %.
    near = tuple(
        replace(pair, ratio=ratio_of(7.95)) if pair.ratio.ratio == pytest.approx(7.2) else pair
        for pair in found.pairs
    )
    assert "~1.01x [0.99, 1.02]" in plain_text(compare_report(replace(found, pairs=near)))
    # 8 images in the time of one: that the times are not told apart is what tells the rates apart.
    free = tuple(replace(pair, ratio=ratio_of(1.0)) for pair in found.pairs)
    assert " 8.00x [7.91, 8.10]" in plain_text(compare_report(replace(found, pairs=free)))
    # 1.3 % more images, however narrow the interval: below the floor. 8 images in 9 times the time are 11 % fewer.
    tight = tuple(replace(pair, ratio=Ratio(7.9, 7.89, 7.91, "slower", 40, FLOOR)) for pair in found.pairs)
    assert "~1.013x [1.011, 1.014]" in plain_text(compare_report(replace(found, pairs=tight)))
    fewer = tuple(replace(pair, ratio=ratio_of(9.0)) for pair in found.pairs)
    assert " 0.89x [0.88, 0.90]" in plain_text(compare_report(replace(found, pairs=fewer)))
    # A session that is not to be trusted resolves nothing, however clear it looks.
    loaded = tuple(replace(p, ratio=replace(p.ratio, verdict="not resolved")) for p in found.pairs)
    assert "~1.11x [1.10, 1.12]" in plain_text(compare_report(replace(found, pairs=loaded)))


def test_int8_is_for_speed_only() -> None:
    profiles = [replace(found, request=replace(found.request, dtype="int8")) for found in (cell(0), cell(1))]
    heading = plain_text(compare_report(Comparison(tuple(profiles), 0, None))).splitlines()[0]
    assert "int8 (speed only)" in heading


def test_inputs_that_differ_have_a_column() -> None:
    found = grid((0, 1))
    larger = tuple(
        replace(one, request=replace(one.request, inputs=((3, 240, 240),)))
        if one.request.model == NETS[1][0]
        else one
        for one in found.profiles
    )
    text = plain_text(compare_report(replace(found, profiles=larger)))
    heading, _, tables = text.partition("\n")
    assert "3x224x224 and 3x240x240" in heading
    assert tables.count("3x224x224") == tables.count("3x240x240") == 3, "one in each table"
    assert "3x224x224" not in plain_text(compare_report(found)).partition("\n")[2]
