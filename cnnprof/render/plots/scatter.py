"""Multiply-adds against latency: on one diagonal where FLOPs tell the truth, off it where they do not."""

from __future__ import annotations

from cnnprof.records.columns import warnings
from cnnprof.records.grid import Grid, Setting, engine_of, grid_of
from cnnprof.records.labels import named_together
from cnnprof.records.profile import Comparison, Profile
from cnnprof.render.plots.chart import Axis, Chart, Curve, Point, Series
from cnnprof.render.text.words import machine, setting, warned

X = Axis("multiply-accumulates (GMAC)", log=True)
Y = Axis("latency (ms)", log=True)


def speed_chart(comparison: Comparison) -> Chart:
    """A mark for each network with its 95% interval, one shape for each engine, and the baseline's pace as a line."""
    found = [profile for profile in comparison.profiles if profile.timing and profile.counts.macs]
    grid = grid_of(found)
    series = tuple(
        Series(_name(setting, grid), tuple(_point(found[place]) for place in places), hollow=bool(number % 2))
        for number, (setting, places) in enumerate(grid.columns())
    )
    base = comparison.profiles[comparison.baseline]
    return Chart(
        "Multiply-adds and real speed",
        X,
        Y,
        _pace(base, grid.name(engine_of(base)), series),
        series,
        (
            f"{machine(base.environment)}; {setting(found)}",
            "macs are multiply-accumulates of one forward pass of the batch; latency is the median with its "
            "95 % interval",
            *_left_out(comparison),
            *warned((*comparison.warnings, *(told for profile in found for told in warnings(profile)))),
        ),
    )


def _left_out(comparison: Comparison) -> list[str]:
    """Networks that could not be timed, and those without a place on a scale that has no zero."""
    profiles = comparison.profiles
    failed = [place for place, profile in enumerate(profiles) if profile.failure]
    timed = [profile for profile in profiles if profile.timing]
    without = dict.fromkeys(profile.request.model for profile in timed if not profile.counts.macs)
    return [
        *([f"not timed: {named_together(profiles, failed)}"] if failed else []),
        *([f"not shown, having no multiply-adds: {', '.join(without)}"] if without else []),
    ]


def _point(profile: Profile) -> Point:
    timing = profile.timing
    assert timing is not None
    return Point(
        profile.counts.macs / 1e9,
        timing.median_s * 1e3,
        profile.request.model,
        timing.low_s * 1e3,
        timing.high_s * 1e3,
    )


def _name(setting: Setting, grid: Grid) -> str:
    engine = grid.name(setting.engine)
    return f"{engine}, batch {setting.batch}" if len(grid.batches) > 1 else engine


def _pace(base: Profile, engine: str, series: tuple[Series, ...]) -> tuple[Curve, ...]:
    """Where a network with the baseline's macs a second would be."""
    xs = [point.x for part in series for point in part.points]
    if base.timing is None or not base.counts.macs or len(xs) < 2:
        return ()
    ms_per_gmac = base.timing.median_s * 1e3 / (base.counts.macs / 1e9)
    ends = (min(xs) / 1.15, max(xs) * 1.15)
    label = f"as many macs a second as {base.request.model}, {engine}"
    return (Curve(label, tuple((x, x * ms_per_gmac) for x in ends), "dashed"),)
