"""The names of marks, written into a picture of matplotlib where ``labels`` finds room for them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from cnnprof.render.plots.chart import Chart, Curve, end_of
from cnnprof.render.plots.labels import Box, Spot, place_names

SMALL = 8.5  # points


def name_marks(figure: Any, axes: Any, chart: Chart) -> None:
    """Write the name of each mark where it covers neither marks nor other names."""
    points = [point for series in chart.series for point in series.points]
    named = [point for point in points if point.name]
    scale = figure.dpi / 72  # names are placed in points, whatever the resolution

    def spot(x: float, y: float) -> tuple[float, float]:
        across, up = axes.transData.transform((x, y))
        return across / scale, up / scale

    texts = [axes.text(0, 0, end_of(point.name), fontsize=SMALL) for point in named]
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in texts]
    spots = [
        Spot(*spot(point.x, point.y), box.width / scale + 2, box.height / scale + 2)
        for point, box in zip(named, boxes, strict=True)
    ]
    frame = axes.get_window_extent(renderer)
    inside = Box(frame.x0 / scale + 2, frame.y0 / scale + 2, frame.x1 / scale - 2, frame.y1 / scale - 2)
    marks = [_around(*spot(point.x, point.y), 5.5) for point in points]
    bars = [
        Curve("", ((p.x, p.low), (p.x, p.high))) for p in points if p.low is not None and p.high is not None
    ]
    curves = [_around(*place, 2.0) for curve in (*chart.curves, *bars) for place in _along(curve, spot)]
    placed = place_names(spots, inside, marks, curves)
    for text, point, (box, leader) in zip(texts, named, placed, strict=True):
        text.remove()
        axes.annotate(
            end_of(point.name), (point.x, point.y), ((box.left + 1) * scale, (box.bottom + box.top) / 2 * scale),
            textcoords="figure pixels", fontsize=SMALL, va="center_baseline",
            arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": "#777777", "shrinkB": 4} if leader else None,
        )  # fmt: skip


def _around(x: float, y: float, radius: float) -> Box:
    return Box(x - radius, y - radius, x + radius, y + radius)


def _along(curve: Curve, spot: Callable[[float, float], tuple[float, float]]) -> list[tuple[float, float]]:
    """Places on the picture all along a curve; between two spots it is straight there."""
    found = []
    seen = [spot(*place) for place in curve.spots]
    for (x0, y0), (x1, y1) in pairwise(seen):
        pieces = 1 + int(max(abs(x1 - x0), abs(y1 - y0)) / 4)
        found += [(x0 + (x1 - x0) * n / pieces, y0 + (y1 - y0) * n / pieces) for n in range(pieces + 1)]
    return found
