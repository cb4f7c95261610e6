"""Pictures: what is in them, that names cover nothing, that ticks are plain; how they look is for eyes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from string import ascii_lowercase, ascii_uppercase
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnprof.render.plots.chart import Axis, Chart, Curve, Point, Series, end_of
from cnnprof.render.plots.labels import Box, Spot, place_names
from cnnprof.render.plots.memory import memory_chart
from cnnprof.render.plots.roofline import comparison_roofline, profile_roofline
from cnnprof.render.plots.scatter import speed_chart
from cnnprof.render.plots.ticks import limits, tick_text, ticks
from tests.factory import comparison
from tests.grids import grid
from tests.limits import (
    comparison_under_roofs,
    grid_under_roofs,
    profile_under_roof,
    profile_with_peak,
    roofline,
)

CHARTS = {
    "roofline": profile_roofline(profile_under_roof(timed=True)),
    "rooflines": comparison_roofline(comparison_under_roofs()),
    "speed": speed_chart(comparison(5)),
    "memory": memory_chart(profile_with_peak()),
}


@pytest.fixture(scope="module", params=list(CHARTS))
def drawn(request: pytest.FixtureRequest) -> tuple[Chart, str]:
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    chart = CHARTS[request.param]
    return chart, draw_picture(chart, "svg").decode()


def texts(svg: str) -> list[str]:
    return [
        text.strip()
        for text in re.findall(r"<text[^>]*>([^<]*)</text>|<tspan[^>]*>([^<]*)", svg)
        for text in text
    ]


def test_axes_have_units_and_everything_has_its_name(drawn: tuple[Chart, str]) -> None:
    chart, svg = drawn
    found = " ".join(texts(svg))
    for said in (chart.title, chart.x.title, chart.y.title):
        assert said in found
    assert all(axis.title.endswith(")") for axis in (chart.x, chart.y))
    labels = [*(curve.label for curve in chart.curves), *(series.label for series in chart.series)]
    assert all(label in found for label in labels)
    for series in chart.series:
        assert all(point.name in found for point in series.points)


def test_ticks_are_plain_numbers(drawn: tuple[Chart, str]) -> None:
    _, svg = drawn
    assert "10^" not in svg
    assert "mathdefault" not in svg


def test_the_caption_tells_machine_setting_and_convention() -> None:
    caption = " ".join(CHARTS["rooflines"].caption)
    for said in ("Example 9000", "2 threads", "float32", "eager", "multiply-accumulates", "as executed"):
        assert said in caption


def test_series_differ_without_colour(drawn: tuple[Chart, str]) -> None:
    from cnnprof.render.plots.picture import SHAPES

    chart, _ = drawn
    strokes = [curve.stroke for curve in chart.curves]
    assert len(set(strokes)) == len(strokes)
    assert len(set(SHAPES)) == len(SHAPES) >= len(chart.series)


def test_the_same_chart_gives_the_same_file() -> None:
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    for form in ("png", "svg"):
        assert draw_picture(CHARTS["speed"], form) == draw_picture(CHARTS["speed"], form)
    assert draw_picture(CHARTS["speed"], "png").startswith(b"\x89PNG")


def test_a_chart_of_one_mark_can_be_drawn() -> None:
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    one = Series("", (Point(3.0, 3.0, "alone"),))
    chart = Chart("t", Axis("x (u)", log=True), Axis("y (u)"), (), (one,), ("caption",))
    assert "alone" in draw_picture(chart, "svg").decode()


FRAME = Box(0, 0, 500, 350)
PLACES = st.lists(st.tuples(st.floats(60, 440), st.floats(40, 310)), min_size=1, max_size=8, unique=True)


def around(spots: Sequence[Spot]) -> list[Box]:
    return [Box(spot.x - 5, spot.y - 5, spot.x + 5, spot.y + 5) for spot in spots]


def apart(one: Box, other: Box) -> bool:
    across = max(one.left, other.left) >= min(one.right, other.right)
    return across or max(one.bottom, other.bottom) >= min(one.top, other.top)


@settings(max_examples=60)
@given(PLACES)
def test_names_cover_neither_marks_nor_each_other(places: list[tuple[float, float]]) -> None:
    spots = [Spot(x, y, 70, 12) for x, y in places]
    boxes = [box for box, _ in place_names(spots, FRAME, around(spots), [])]
    assert all(apart(first, second) for first, second in combinations(boxes, 2))
    assert all(apart(box, mark) for box in boxes for mark in around(spots))
    for box in boxes:
        assert 0 <= box.left < box.right <= 500
        assert 0 <= box.bottom < box.top <= 350


def test_a_name_near_its_mark_needs_no_leader() -> None:
    ((box, leader),) = place_names([Spot(100, 100, 70, 12)], FRAME, around([Spot(100, 100, 0, 0)]), [])
    assert (box.left, leader) == (109, False)


def test_a_name_keeps_off_a_curve() -> None:
    curve = [Box(x - 2, 98, x + 2, 102) for x in range(0, 500, 4)]
    spots = [Spot(100, 100, 70, 12)]
    ((box, _),) = place_names(spots, FRAME, around(spots), curve)
    assert not any(box.overlaps(piece) for piece in curve)


def test_no_leader_runs_over_a_name() -> None:
    crowd = [(200 + 26 * (n % 4) + 7 * (n // 4), 150 + 22 * (n // 4)) for n in range(12)]
    spots = [Spot(x, y, 60, 12) for x, y in crowd]
    placed = place_names(spots, FRAME, around(spots), [])
    led = [(spot, box) for spot, (box, leader) in zip(spots, placed, strict=True) if leader]
    assert len(led) > 4
    for spot, box in led:
        middle = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        steps = [step / 200 for step in range(201)]
        dots = [
            Spot(spot.x + (middle[0] - spot.x) * at, spot.y + (middle[1] - spot.y) * at, 0, 0) for at in steps
        ]
        others = [name for name, _ in placed if name is not box]
        assert not any(
            name.left < dot.x < name.right and name.bottom < dot.y < name.top
            for dot in dots
            for name in others
        )


def test_in_a_picture_names_stay_in_the_plot_off_the_curve_and_tied_to_their_marks() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from cnnprof.render.plots.names import name_marks

    figure = Figure(dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 10)
    crowd = tuple(Point(9.9, 5 + step / 20, f"network_{step}") for step in range(-4, 4))
    level = Curve("", ((0, 2.0), (10, 2.0)))
    points = Series("", (Point(2, 2.0, "on_the_curve"), *crowd))
    name_marks(figure, axes, Chart("", Axis(""), Axis(""), (level,), (points,), ()))

    frame, line = axes.get_window_extent(), axes.transData.transform((0, 2))[1]
    on_the_curve, *others = axes.texts
    for text in axes.texts:
        box = Text.get_window_extent(text)  # an annotation's own has its leader in it
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
    box = Text.get_window_extent(on_the_curve)
    assert not box.y0 <= line <= box.y1
    assert getattr(on_the_curve, "arrow_patch", None) is None, "a name beside its mark needs none"
    led = [text for text in others if getattr(text, "arrow_patch", None)]
    assert 0 < len(led) < len(crowd)


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (0.9, 110, True, [1, 2, 5, 10, 20, 50, 100]),
        (0.01, 1e4, True, [0.01, 0.1, 1, 10, 100, 1000, 10000]),
        (0, 10, False, [0, 2, 4, 6, 8, 10]),
        (0, 0.9, False, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        (12, 14, True, [12, 12.5, 13, 13.5, 14]),
    ],
)
def test_ticks(low: float, high: float, log: bool, expected: list[float]) -> None:
    most = 10 if len(expected) > 9 else 8
    assert ticks(low, high, log, most) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.05, "0.05"),
        (2, "2"),
        (1000, "1,000"),
        (0.30000000000000004, "0.3"),
        (20000, "20,000"),
        (1e-5, "0.00001"),
    ],
)
def test_tick_text(value: float, text: str) -> None:
    assert tick_text(value) == text


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=20), st.booleans())
def test_every_mark_is_inside_the_axis(values: list[float], log: bool) -> None:
    low, high = limits(values, log)
    assert low <= min(values)
    assert max(values) <= high
    assert all(low <= tick <= high for tick in ticks(low, high, log))


def test_a_curve_by_steps_keeps_its_corners() -> None:
    from cnnprof.render.plots.terminal import _stepped

    curve = Curve("", ((0.0, 1.0), (2.0, 3.0), (4.0, 3.0)), steps=True)
    assert _stepped(curve) == [(0, 1), (2, 1), (2, 3), (4, 3), (4, 3)]


def test_long_numbers_beside_the_plot_leave_room_for_its_title() -> None:
    pytest.importorskip("matplotlib")
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from cnnprof.render.plots.picture import DOTS, STYLE, _compose

    slow = Series("eager", (Point(0.01, 40.0), Point(0.5, 5000.0)))
    with matplotlib.rc_context(STYLE):
        figure = Figure(dpi=DOTS)
        canvas = FigureCanvasAgg(figure)
        _compose(figure, Chart("t", Axis("x", log=True), Axis("latency (ms)", log=True), (), (slow,), ("c",)))
        canvas.draw()
        (axes,) = figure.axes
        assert axes.yaxis.label.get_window_extent().x0 >= 0


def test_the_key_of_a_small_network_has_digits() -> None:
    pytest.importorskip("plotext")
    from cnnprof.render.plots.terminal import draw_in_characters
    from cnnprof.render.text.console import plain_text

    small = Series("eager", (Point(0.00345, 4.0, "micronet"), Point(0.5, 5.0, "other")))
    chart = Chart("t", Axis("macs (GMAC)", log=True), Axis("latency (ms)", log=True), (), (small,), ())
    assert "micronet: 0.00345 GMAC, 4.00 ms" in plain_text(draw_in_characters(chart))


def test_names_may_have_dollars_letters_that_no_font_has_and_any_length() -> None:
    """What could not be drawn as an equation was an error, and one of 100 characters left the picture."""
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    names = (
        "b$\\frac$.py:build",
        "网络.py:build",
        "/home/somebody/" + "a/very/long/way/to/" * 5 + "net.py:Net",
    )
    points = tuple(Point(number + 1.0, number + 1.0, name) for number, name in enumerate(names))
    chart = Chart("t", Axis("x"), Axis("y"), series=(Series(names[2], points),))
    drawn = draw_picture(chart, "svg").decode()
    assert "b$\\frac$.py:build" in drawn
    assert names[2] not in drawn
    assert names[2][-40:] in drawn


def test_a_picture_with_control_characters_in_its_names_is_whole() -> None:
    """A file that no browser opens: XML has no control characters."""
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    name = "conv\x1b[31m\x07"
    points = (Point(1.0, 1.0, name), Point(2.0, 2.0, "b"))
    curves = (Curve(end_of(name), ((1.0, 1.0), (2.0, 2.0))),)
    chart = Chart(name, Axis("x"), Axis("y"), curves, (Series(name, points),), (name,))
    drawn = fromstring(draw_picture(chart, "svg"))
    assert sum("conv\\x1b[31m\\x07" in text for text in drawn.itertext()) == 5


def test_a_picture_with_a_file_name_that_is_no_utf8_is_drawn() -> None:
    """Python holds its bytes as surrogates, which no font and no encoding has."""
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    name = os.fsdecode(b"net\xff.py:build")
    chart = Chart(name, Axis("x"), Axis("y"), (), (Series(name, (Point(1.0, 1.0, name),)),), (name,))
    drawn = fromstring(draw_picture(chart, "svg"))
    assert sum("net\\udcff.py:build" in text for text in drawn.itertext()) == 4


def test_long_numbers_below_the_plot_stand_apart() -> None:
    pytest.importorskip("matplotlib")
    from cnnprof.render.plots.picture import draw_picture

    points = tuple(Point(x, 1.0) for x in (0.00023, 0.00024, 0.00025))
    drawn = draw_picture(
        Chart("t", Axis("x", log=True), Axis("y"), series=(Series("", points),)), "svg"
    ).decode()
    below = re.findall(r">(0\.000\d+)<", drawn)
    assert len(below) > 1
    assert sum(len(text) + 2 for text in below) <= 70


def test_a_network_without_multiply_adds_is_said_to_be_missing() -> None:
    found = comparison(4)
    first, second, third, fourth = found.profiles
    empty = replace(second, counts=replace(second.counts, macs=0))
    untimed = replace(third, timing=None, counts=replace(third.counts, macs=0))
    chart = speed_chart(replace(found, profiles=(first, empty, untimed, fourth)))
    assert [point.name for point in chart.series[0].points] == [first.request.model, fourth.request.model]
    assert f"not shown, having no multiply-adds: {second.request.model}" in chart.caption
    assert not any("not shown" in line for line in speed_chart(found).caption)


def test_a_network_that_could_not_be_timed_is_said_to_be_missing() -> None:
    found = comparison(3)
    first, second, third = found.profiles
    failed = replace(second, timing=None, failure="ModelError: ONNX has no op for aten.linalg_inv_ex")
    chart = speed_chart(replace(found, profiles=(first, failed, third)))
    assert f"not timed: {second.request.model}" in chart.caption
    assert not any("not timed" in line for line in speed_chart(found).caption)


def test_the_key_says_which_series_a_name_is_of() -> None:
    pytest.importorskip("plotext")
    from cnnprof.render.plots.terminal import draw_in_characters
    from cnnprof.render.text.console import plain_text

    found = grid((0, 1), ("onnxruntime",), dtypes=("float32", "int8"))
    text = plain_text(draw_in_characters(speed_chart(found)))
    assert "B  ghostnet (float32): 0.141 GMAC, 6.51 ms" in text
    assert "D  ghostnet (int8): 0.141 GMAC, 3.25 ms" in text


def test_there_are_letters_for_any_number_of_series() -> None:
    pytest.importorskip("plotext")
    from cnnprof.render.plots.terminal import draw_in_characters
    from cnnprof.render.text.console import plain_text

    series = tuple(Series(f"batch {place}", (Point(1.0, place, "net"),)) for place in range(1, 55))
    text = plain_text(draw_in_characters(Chart("t", Axis("x"), Axis("y"), series=series)))
    key = [line for line in text.splitlines() if line[1:].startswith("  net (batch ")]
    assert [line[0] for line in key] == [*ascii_uppercase, *ascii_lowercase, "A", "B"]


def test_each_dtype_has_its_shape_and_its_roof() -> None:
    found = grid((0, 1), ("onnxruntime",), dtypes=("float32", "int8"))
    speed = speed_chart(found)
    assert [(part.label, len(part.points)) for part in speed.series] == [("float32", 2), ("int8", 2)]
    assert speed.curves[0].label == "as many macs a second as shufflenet_v2, float32"
    under = grid_under_roofs(found)
    fast = replace(roofline().ceilings, dtype="int8", macs=replace(roofline().ceilings.macs, per_s=9e11))
    profiles = tuple(
        replace(one, roofline=replace(roofline(), ceilings=fast)) if one.request.dtype == "int8" else one
        for one in under.profiles
    )
    chart = comparison_roofline(replace(under, profiles=profiles))
    assert [part.label for part in chart.series] == ["whole networks, float32", "whole networks, int8"]
    assert [curve.label.split(";")[0] for curve in chart.curves] == [
        f"float32: peak {roofline().ceilings.macs.per_s / 1e9:.1f} GMAC/s",
        "int8: peak 900.0 GMAC/s",
    ]
    assert chart.curves[1].spots[-1][1] == 900.0


def test_the_key_of_a_long_path_keeps_what_it_is() -> None:
    found = profile_with_peak()
    assert found.peak is not None
    deep = replace(found.peak.orders[1], path="features.12.block.0.layers.3.expand.conv")
    orders = (found.peak.orders[0], deep, *found.peak.orders[2:])
    chart = memory_chart(replace(found, peak=replace(found.peak, orders=orders)))
    label = chart.series[1].label
    assert label.startswith(f"peak, {deep.order}: …")
    assert deep.path.endswith(label.partition("…")[2])
    assert len(label) == 46
