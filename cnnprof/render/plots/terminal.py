"""A chart in characters, through plotext: letters mark the points, signs the curves, and a key says which is which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle
from math import log10
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from cnnprof.render.plots.chart import Axis, Chart, Curve, Point, Series
from cnnprof.render.plots.ticks import limits, tick_text, ticks
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Picture, Report, notes

WIDTH, HEIGHT = 78, 22
SIGNS = ".-:'"  # of the curves
MANY = 20  # points beyond which a series shares one letter
# Plain characters, as in tables: not every terminal and log has the others.
PLAIN = str.maketrans("│─┌┐└┘├┤┬┴┼", "|-+++++++++")


def draw_in_characters(chart: Chart) -> Report:
    """The chart as a block of text with its key and caption below."""
    marked = list(_marked(chart))
    curves = list(zip(SIGNS * len(chart.curves), chart.curves, strict=False))
    lines = _draw(chart, marked, curves)
    key = [
        *(f"{sign}  {curve.label}" for sign, curve in curves if curve.label),
        *(_key(chart, *one) for one in marked),
    ]
    return (Picture((chart.title, *lines, *key)), *notes(*chart.caption, style="dim"))


def _marked(chart: Chart) -> Iterator[tuple[str, Series, tuple[Point, ...]]]:
    """Letters with what they mark: a point each, or a whole series where there are many or none has a name."""
    letters = cycle(ascii_uppercase + ascii_lowercase)
    several = sum(len(series.points) for series in chart.series) <= MANY
    for series in chart.series:
        if several and all(point.name for point in series.points):
            yield from ((next(letters), series, (point,)) for point in series.points)
        elif series.points:
            yield next(letters), series, series.points


def _key(chart: Chart, letter: str, series: Series, points: tuple[Point, ...]) -> str:
    if len(points) > 1 or not points[0].name:
        return f"{letter}  {series.label}"
    point = points[0]
    where = f"{_digits(point.x)} {_unit(chart.x)}, {_digits(point.y)} {_unit(chart.y)}"
    named_so = [other for other in chart.series if any(each.name == point.name for each in other.points)]
    of = f" ({series.label})" if len(named_so) > 1 else ""
    return f"{letter}  {point.name}{of}: {where}"


def _digits(value: float) -> str:
    """Three digits, also below 1: ``0.00345``."""
    return numbers.rate(value) if value >= 1 else f"{value:.3g}"


def _unit(axis: Axis) -> str:
    """What stands in brackets at the end of the title."""
    return axis.title.rpartition("(")[2].rstrip(")")


def _draw(
    chart: Chart, marked: Iterable[tuple[str, Series, tuple[Point, ...]]], curves: Iterable[tuple[str, Curve]]
) -> list[str]:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(WIDTH, HEIGHT)
    figure.canvas("default")
    figure.legend(False)
    for sign, curve in curves:
        xs, ys = zip(*_stepped(curve), strict=True)
        line = figure.signal(_placed(xs, chart.x), _placed(ys, chart.y), marker=sign)
        figure.draw(line.lines())
    for letter, _, points in marked:
        across, up = (point.x for point in points), (point.y for point in points)
        figure.draw(figure.signal(_placed(across, chart.x), _placed(up, chart.y), marker=letter))
    _rule(figure, chart)
    text: str = plotext.uncolorize(figure.build().string())
    return [line.rstrip().translate(PLAIN) for line in text.splitlines()]


def _stepped(curve: Curve) -> list[tuple[float, float]]:
    """The spots, with a corner before each where the curve goes by steps."""
    if not curve.steps:
        return list(curve.spots)
    corners = [(after[0], before[1]) for before, after in zip(curve.spots, curve.spots[1:], strict=False)]
    mixed = [spot for pair in zip(curve.spots, corners, strict=False) for spot in pair]
    return [*mixed, curve.spots[-1]]


def _placed(values: Iterable[float], axis: Axis) -> list[float]:
    return [log10(value) if axis.log else value for value in values]


def _rule(figure: Any, chart: Chart) -> None:
    for name, axis, values, most in (
        ("x", chart.x, [x for x, _ in chart.spots], 8),
        ("y", chart.y, [y for _, y in chart.spots], 7),
    ):
        low, high = limits(values, axis.log)
        shown = ticks(low, high, axis.log, most)
        ruler = figure.ruler(name)
        ruler.lim(*_placed((low, high), axis))
        ruler.ticks(_placed(shown, axis), [tick_text(value) for value in shown])
    figure.title(chart.y.title)
    figure.label(chart.x.title, "x")
