"""The neutral chart: what is drawn, without how. matplotlib and plotext draw the same one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnprof.errors import printable

NAME_WIDTH = 46  # characters that a picture has room for

Stroke = Literal["solid", "dashed", "dotted", "dashdot"]
Spot = tuple[float, float]


def end_of(name: str, width: int = NAME_WIDTH) -> str:
    """The name, or the end of one that is too long, which tells more than its beginning."""
    name = printable(name)
    return name if len(name) <= width else f"…{name[1 - width :]}"


@dataclass(frozen=True, slots=True)
class Axis:
    """What is drawn along one side, with its unit; ``log`` where factors count, not differences."""

    title: str
    log: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One mark. ``name`` stands beside it; ``low`` to ``high`` is the interval of y, None where there is none."""

    x: float
    y: float
    name: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Marks of one shape; the first series has the first shape. ``hollow`` marks are drawn in outline."""

    label: str
    points: tuple[Point, ...]
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through spots, told from others by its stroke; ``steps`` keeps each value until the next spot.

    Of the colour of one of the chart's ``series``, by its place there; black where it goes with none.
    """

    label: str
    spots: tuple[Spot, ...]
    stroke: Stroke = "solid"
    steps: bool = False
    series: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: its heading, two axes, curves below and marks above, and the lines of text under it."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    series: tuple[Series, ...] = ()
    caption: tuple[str, ...] = ()

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Every place that has to be seen, ends of intervals included."""
        marks = [
            (point.x, y)
            for series in self.series
            for point in series.points
            for y in (point.y, point.low, point.high)
            if y is not None
        ]
        return (*(spot for curve in self.curves for spot in curve.spots), *marks)
