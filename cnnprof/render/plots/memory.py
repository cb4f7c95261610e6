"""Live bytes over the ops of a network, in the three orders."""

from __future__ import annotations

from itertools import pairwise

from cnnprof.records.peak import MemoryOrder
from cnnprof.records.profile import Profile
from cnnprof.render.plots.chart import NAME_WIDTH, Axis, Chart, Curve, Point, Series, Stroke, end_of
from cnnprof.render.text import numbers
from cnnprof.render.text.words import setting

STROKES: tuple[Stroke, ...] = ("solid", "dashed", "dotted")


def memory_chart(profile: Profile) -> Chart:
    """A curve for each order, with a mark at its peak."""
    assert profile.peak is not None
    orders = profile.peak.orders
    curves = tuple(
        Curve(
            f"{order.order}: peak {numbers.size(order.peak_bytes)}",
            _spots(order),
            stroke,
            steps=True,
            series=number,
        )
        for number, (order, stroke) in enumerate(zip(orders, STROKES, strict=True))
    )
    peaks = tuple(
        Series(
            _label(order),
            (Point(order.places[order.step] + 0.5, order.peak_bytes / 1e6),),
            hollow=bool(number % 2),
        )
        for number, order in enumerate(orders)
    )
    return Chart(
        f"Live activations of {profile.request.model}",
        Axis("op, in the order they run (number)"),
        Axis("live activations (MB)"),
        curves,
        peaks,
        (
            f"{setting([profile])}; counted, not measured; weights of {numbers.size(profile.peak.weight_bytes)} "
            "and the kernels' own workspace come on top; bytes are decimal",
        ),
    )


def _label(order: MemoryOrder) -> str:
    """Which layer sets the peak."""
    what = f"peak, {order.order}: "
    return what + end_of(order.path or "(network)", NAME_WIDTH - len(what))


def _spots(order: MemoryOrder) -> tuple[tuple[float, float], ...]:
    """One spot a step, where the one before it ended; what does not change is left out."""
    ends = [place + 1 for place in order.places]
    steps = list(zip((0, *ends), (size / 1e6 for size in order.live_bytes), strict=False))
    kept = [after for before, after in pairwise(steps) if before[1] != after[1]]
    return tuple((float(x), y) for x, y in (steps[0], *kept, (ends[-1], steps[-1][1])))
