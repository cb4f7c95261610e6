"""A chart as a PNG or SVG file, through matplotlib.

Readable in black and white and by the colour-blind: marks differ by shape and filling, curves by stroke; the colours
(Okabe and Ito 2008) only repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from textwrap import wrap
from typing import Any
from warnings import catch_warnings, simplefilter

from cnnprof.errors import printable
from cnnprof.render.plots.chart import Axis, Chart, Curve, Series, end_of
from cnnprof.render.plots.names import SMALL, name_marks
from cnnprof.render.plots.ticks import limits, tick_text, ticks

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h")
STROKES = {"solid": "-", "dashed": (0, (6, 3)), "dotted": (0, (1.5, 2.5)), "dashdot": (0, (7, 2, 1.5, 2))}
WIDTH_IN, PLOT_IN, TEXT_IN = 8.0, 4.6, 0.19  # TEXT_IN: one line of the caption
LEFT_IN, DIGIT_IN = 0.68, 0.09  # room beside the plot for numbers of three characters, and for each one more
RIGHT = 0.97  # where the plot ends, as a part of the width
SIZE = 10
DOTS = 150
CAPTION_WIDTH = 118  # characters
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cnnprof",
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "text.parse_math": False,  # a name may have dollars
}
ACROSS = 70  # characters that the ticks below the plot may have in all


def draw_picture(chart: Chart, form: str) -> bytes:
    """The chart in the format ``png`` or ``svg``; the same chart gives the same file."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(dpi=DOTS)
        FigureCanvasAgg(figure)
        file = BytesIO()
        nameless = {"Date": None} if form == "svg" else {"Software": None}
        with catch_warnings():
            simplefilter("ignore")  # a letter that the font lacks is drawn as a box
            _compose(figure, chart)
            figure.savefig(file, format=form, metadata=nameless)
    return file.getvalue()


def _compose(figure: Any, chart: Chart) -> None:
    """Title, plot, key and caption from top to bottom, as high as they need to be."""
    caption = [line for text in chart.caption for line in wrap(printable(text), CAPTION_WIDTH)]
    labels = [*(curve.label for curve in chart.curves), *(series.label for series in chart.series)]
    entries = sum(map(bool, labels))
    key_in = 0.24 * -(-entries // 2) + 0.1
    below_in = 0.6 + key_in + TEXT_IN * len(caption)
    height = PLOT_IN + below_in + 0.45
    figure.set_size_inches(WIDTH_IN, height)
    left = _left(chart)
    axes = figure.add_axes((left, below_in / height, RIGHT - left, PLOT_IN / height))
    axes.set_title(printable(chart.title), loc="left", fontsize=SIZE + 1, fontweight="bold")
    _rule(axes, chart)
    handles = [*_draw_curves(axes, chart.curves), *_draw_series(axes, chart.series)]
    name_marks(figure, axes, chart)
    if handles:
        top = (below_in - 0.58) / height
        place = {"loc": "upper left", "bbox_to_anchor": (left - 0.01, top), "ncols": 2}
        figure.legend(handles=handles, frameon=False, fontsize=SMALL, handlelength=3.2, **place)
    figure.text(
        left, 0.1 / height, "\n".join(caption), fontsize=SMALL - 0.5, va="bottom", color="#333333",
        linespacing=1.35,
    )  # fmt: skip


def _left(chart: Chart) -> float:
    """Where the plot begins, as a part of the width: far enough right for the longest number beside it."""
    low, high = limits([y for _, y in chart.spots], chart.y.log)
    longest = max((len(tick_text(value)) for value in ticks(low, high, chart.y.log, 12)), default=0)
    return (LEFT_IN + DIGIT_IN * max(0, longest - 3)) / WIDTH_IN


def _rule(axes: Any, chart: Chart) -> None:
    """Scales, ends and ticks of both axes, with a faint grid."""
    sides: tuple[tuple[Any, Axis, Callable[..., Any], Callable[..., Any], list[float]], ...] = (
        (axes.xaxis, chart.x, axes.set_xscale, axes.set_xlim, [x for x, _ in chart.spots]),
        (axes.yaxis, chart.y, axes.set_yscale, axes.set_ylim, [y for _, y in chart.spots]),
    )
    for side, axis, set_scale, set_ends, values in sides:
        low, high = limits(values, axis.log)
        set_scale("log" if axis.log else "linear")
        set_ends(low, high)
        shown = (
            _beside_each_other(low, high, axis.log) if side is axes.xaxis else ticks(low, high, axis.log, 12)
        )
        side.set_ticks(shown, [tick_text(value) for value in shown])
        side.set_ticks([], minor=True)
        side.set_label_text(axis.title)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _beside_each_other(low: float, high: float, log: bool) -> list[float]:
    """As many ticks as have room in a row."""
    most = 12
    while most > 3 and sum(len(tick_text(value)) + 2 for value in ticks(low, high, log, most)) > ACROSS:
        most -= 1
    return ticks(low, high, log, most)


def _draw_curves(axes: Any, curves: Iterable[Curve]) -> list[Any]:
    """The curves' entries for the key."""
    handles = []
    for curve in curves:
        xs, ys = zip(*curve.spots, strict=True)
        drawn = "steps-post" if curve.steps else "default"
        colour = "#222222" if curve.series is None else COLOURS[curve.series % len(COLOURS)]
        (line,) = axes.plot(
            xs, ys, color=colour, linewidth=1.4, linestyle=STROKES[curve.stroke], drawstyle=drawn,
            label=curve.label, solid_capstyle="butt",
        )  # fmt: skip
        handles += [line] if curve.label else []
    return handles


def _draw_series(axes: Any, series: Sequence[Series]) -> list[Any]:
    """The series' entries for the key: shape, filling and colour differ from one to the next."""
    handles = []
    for number, part in enumerate(series):
        colour, shape = COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)]
        xs, ys = [point.x for point in part.points], [point.y for point in part.points]
        bars = [(point.x, point.low, point.high) for point in part.points if point.low is not None]
        if bars:
            at, low, high = zip(*bars, strict=True)
            axes.vlines(at, low, high, color=colour, linewidth=1.1, zorder=2)
            axes.plot([*at, *at], [*low, *high], linestyle="none", marker="_", markersize=6, color=colour)
        (marks,) = axes.plot(
            xs, ys, linestyle="none", marker=shape, markersize=7 if len(xs) <= 20 else 5.5, color=colour,
            markerfacecolor="white" if part.hollow else colour, markeredgecolor=colour if part.hollow else "black",
            markeredgewidth=1.2 if part.hollow else 0.5, label=end_of(part.label), zorder=3,
        )  # fmt: skip
        handles += [marks] if part.label else []
    return handles
