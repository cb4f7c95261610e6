"""The reports of limits, rooflines and peaks as they were last looked at, and charts in characters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnnprof.records.convention import Convention, ConventionFigure
from cnnprof.render.conventions import convention_report
from cnnprof.render.machine import machine_report
from cnnprof.render.peak import peak_report
from cnnprof.render.plots.memory import memory_chart
from cnnprof.render.plots.roofline import comparison_roofline, profile_roofline
from cnnprof.render.plots.scatter import speed_chart
from cnnprof.render.roofline.comparison import rooflines_report
from cnnprof.render.roofline.network import roofline_report
from cnnprof.render.text.console import plain_text
from cnnprof.render.text.markdown import to_markdown
from cnnprof.render.text.table import Picture, Report, Table
from tests.factory import comparison, profile
from tests.golden import check_golden, check_report
from tests.grids import grid
from tests.limits import (
    comparison_under_roofs,
    grid_under_roofs,
    machine,
    profile_under_roof,
    profile_with_peak,
)

WIDTHS = [("80", 80), ("100", 100), ("piped", None)]
REPORTS = {
    "roofline": roofline_report(profile_under_roof()),
    "roofline_timed": roofline_report(profile_under_roof(timed=True), top=4),
    "rooflines": rooflines_report(comparison_under_roofs()),
    "rooflines_grid": rooflines_report(grid_under_roofs(grid(batches=(1, 8)))),
    "peak": peak_report(profile_with_peak()),
    "machine": machine_report(machine()),
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("label", "width"), WIDTHS)
def test_report(name: str, label: str, width: int | None) -> None:
    check_report(f"{name}_{label}.txt", REPORTS[name], width)


def test_what_was_not_asked_for_is_not_reported() -> None:
    assert roofline_report(profile()) == peak_report(profile()) == rooflines_report(comparison()) == ()


@pytest.mark.parametrize("width", [80, 60])
def test_what_names_a_row_of_a_grid_stays(width: int) -> None:
    text = plain_text((REPORTS["rooflines_grid"][0],), width)
    rows = [line.split()[:3] for line in text.splitlines() if "net" in line]
    assert rows[3:6] == [[model, "eager", "8"] for model in ("shufflenet_v2", "ghostnet", "mobilenet_v2")]
    batches = plain_text(rooflines_report(grid_under_roofs(grid((0,), ("eager",), (1, 8)))), width)
    assert [line.split()[1] for line in batches.splitlines() if line.startswith("shufflenet_v2")] == [
        "1",
        "8",
    ]


def test_what_a_counter_prints_of_each_batch_fits() -> None:
    many = Convention(
        "torchstat", "", tuple(ConventionFigure(f"Total of kind {n}", n, str(n)) for n in range(6))
    )
    found = [replace(one, convention=many) for one in grid((0, 1), ("eager", "onnxruntime"), (1, 8)).profiles]
    lines = plain_text(convention_report(found), 80).splitlines()
    assert max(map(len, lines)) <= 80
    models = ("shufflenet_v2", "ghostnet")
    rows = [line.split() for line in lines if line.startswith(models)]
    assert [row[:3] for row in rows] == [[model, batch, "0"] for batch in "18" for model in models]


def shares(report: Report) -> dict[str, list[str]]:
    """Milliseconds and percent of each bound."""
    lines = plain_text(report).splitlines()
    rows = [line.split() for line in lines if line.endswith(" %") and "B " in line]
    return {row[0]: row[-3:-1] for row in rows}


def test_the_shares_of_the_bounds_add_up() -> None:
    # macs / 90e9 against bytes / 20e9, in ms: 0.120 and 0.111; 0 and 0.161; 2.569 and 0.245; 0.040 and 0.161; 0.257
    assert shares(REPORTS["roofline"]) == {
        "compute": ["2.69", "82.3"],  # 0.120 + 2.569
        "memory": ["0.578", "17.7"],  # 0.161 + 0.161 + 0.257
        "total": ["3.27", "100.0"],
    }


def test_the_price_of_calls_is_part_of_the_bounds_and_not_of_the_roofs() -> None:
    """Both sums were called ``under the roofs``: of micronet_m0 1.41 ms in one table and 1.53 ms in the next."""
    found = profile_under_roof()
    assert found.roofline is not None
    relu = replace(found.roofline.layers[1], overhead_s=0.0005, bound="overhead")
    layers = (found.roofline.layers[0], relu, *found.roofline.layers[2:])
    report = roofline_report(replace(found, roofline=replace(found.roofline, layers=layers)))
    assert shares(report)["total"] == ["3.61", "100.0"]  # 0.5 in place of 0.161
    assert ["from", "memory", "3.27"] in [line.split()[:3] for line in plain_text(report).splitlines()]
    headings = [column.name for block in report if isinstance(block, Table) for column in block.columns]
    assert "under the roofs" not in headings
    assert "at its bound" in headings


def test_a_layer_above_the_memory_line_is_marked() -> None:
    text = plain_text(roofline_report(profile_under_roof(timed=True)))
    # 3,211,264 bytes in 0.1 ms are 32.1 GB/s, where memory gives 20
    marked = [line for line in text.splitlines() if "from cache" in line]
    assert [line.split()[0] for line in marked] == ["features.0.act"]
    assert "160.6 %" in marked[0]


CHARTS = {
    "chart_roofline": profile_roofline(profile_under_roof()),
    "chart_roofline_timed": profile_roofline(profile_under_roof(timed=True)),
    "chart_rooflines": comparison_roofline(comparison_under_roofs()),
    "chart_speed": speed_chart(comparison(5)),
    "chart_memory": memory_chart(profile_with_peak()),
}


@pytest.mark.parametrize("name", CHARTS)
def test_chart_in_characters(name: str) -> None:
    pytest.importorskip("plotext")
    from cnnprof.render.plots.terminal import draw_in_characters

    report = draw_in_characters(CHARTS[name])
    text = plain_text(report, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()
    check_golden(f"{name}.txt", text)


def test_a_chart_in_markdown_is_left_as_it_is() -> None:
    text = to_markdown((Picture(("a | b", "_c_ <")),))
    assert text == "```text\na | b\n_c_ <\n```\n"


def test_marks_stand_at_what_was_achieved() -> None:
    chart = CHARTS["chart_rooflines"]
    (series,) = chart.series
    first = comparison_under_roofs().profiles[0]
    assert first.timing is not None
    macs = sum(layer.macs for layer in first.roofline.layers) if first.roofline else 0
    assert series.points[0].name == "shufflenet_v2"
    assert series.points[0].y == pytest.approx(macs / 1e9 / first.timing.median_s)
    assert series.points[0].x == pytest.approx(
        macs / (2_211_328 + 3_211_264 + 4_890_624 + 3_215_000 + 5_133_120)
    )
    (line,) = chart.curves  # the cache's roof meets the peak left of all marks
    _, cache = CHARTS["chart_roofline"].curves
    # The memory line meets the peak at 90 / 20 MAC a byte.
    assert line.spots[1] == (4.5, 90.0)
    assert all(y == pytest.approx(20 * x) for x, y in line.spots[:2])
    assert all(y == pytest.approx(min(380 * x, 90)) for x, y in cache.spots)


def test_points_of_each_runtime_are_a_series() -> None:
    found = comparison(2)
    other = tuple(replace(p, request=replace(p.request, runtime="openvino")) for p in found.profiles)
    chart = speed_chart(replace(found, profiles=(*found.profiles, *other)))
    assert [(series.label, series.hollow) for series in chart.series] == [
        ("eager", False),
        ("openvino", True),
    ]


def test_the_pace_of_the_baseline_goes_through_its_mark() -> None:
    chart = speed_chart(comparison(5))
    (x0, y0), (x1, y1) = chart.curves[0].spots
    mark = chart.series[0].points[0]
    assert y0 / x0 == pytest.approx(y1 / x1) == pytest.approx(mark.y / mark.x)


def test_steps_hold_until_the_next_one() -> None:
    (executed, *_), peak = CHARTS["chart_memory"].curves, CHARTS["chart_memory"].series[0].points[0]
    assert [x for x, _ in executed.spots] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert executed.spots[1] == (1.0, 64 * 112 * 112 * 4 / 1e6)
    assert (peak.x, peak.y) == (1.5, executed.spots[1][1])


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnprof.errors import MissingRuntimeError
    from cnnprof.render.plots import library

    def none(name: str, *_: Any) -> None:
        return None

    monkeypatch.setattr(library, "find_spec", none)
    monkeypatch.setattr(library, "version", lambda name: "5.3.2")
    assert library.has_plotext() is False  # plotext 5 calls things otherwise
    with pytest.raises(MissingRuntimeError, match="matplotlib") as caught:
        library.check_matplotlib(".png")
    assert caught.value.hint == "pip install 'cnnprof[plot]'"


def test_bytes_that_differ_say_whose_they_are() -> None:
    found = comparison_under_roofs(2)
    first, second = found.profiles
    assert second.roofline is not None
    fused = replace(
        second,
        request=replace(second.request, runtime="openvino", inputs=((3, 240, 240),)),
        roofline=replace(second.roofline, bytes_by="memory_fused_bytes"),
    )
    mixed = replace(found, profiles=(first, fused))
    text = plain_text(rooflines_report(mixed))
    assert "eager: bytes are those of memory access as executed" in text
    assert "openvino: bytes are those of fused memory access" in text
    assert "3x240x240" in text
    assert "openvino: bytes are fused" in comparison_roofline(mixed).caption[1]


def test_a_network_without_work_has_no_empty_tables() -> None:
    found = comparison_under_roofs(2).profiles[0]
    assert found.roofline is not None
    empty = replace(found, roofline=replace(found.roofline, layers=()))
    assert "layers" not in plain_text(roofline_report(empty)).partition("layer after layer")[0]
