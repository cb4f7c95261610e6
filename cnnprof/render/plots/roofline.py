"""The roofline chart: what was achieved, under what the machine could do at that intensity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle

from cnnprof.records.ceilings import Ceilings
from cnnprof.records.columns import warnings
from cnnprof.records.grid import engine_of, grid_of
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.roofline import LayerRoofline, Roofline
from cnnprof.render.plots.chart import Axis, Chart, Curve, Point, Series, Stroke
from cnnprof.render.roofline.limits import bytes_lines
from cnnprof.render.text import numbers
from cnnprof.render.text.words import machine, setting, warned

X = Axis("intensity (MAC per byte)", log=True)
Y = Axis("achieved (GMAC per s)", log=True)
STROKES: tuple[Stroke, ...] = ("solid", "dashed", "dotted", "dashdot")
BYTES = {
    "memory_bytes": "bytes are memory access as executed, op by op",
    "memory_fused_bytes": "bytes are fused memory access, norm, activation and add inside their producer",
}


def profile_roofline(profile: Profile) -> Chart:
    """One network: its layers by kind where they were timed, else where their roofs are, and the whole."""
    roofline = _of(profile)
    timed = any(layer.macs_per_s for layer in roofline.layers)
    series = [_network([profile], f"whole network, {profile.request.runtime}")]
    if timed:
        series += _by_group(roofline.layers)
    else:
        spots = [Point(x, _under(roofline.ceilings, x)) for x in _intensities(roofline.layers)]
        series.append(Series("a layer's roof at its intensity (not timed)", tuple(spots), hollow=True))
    return _chart(f"Roofline of {profile.request.model}", [profile], [part for part in series if part.points])


def comparison_roofline(comparison: Comparison) -> Chart:
    """A mark for each network, one shape for each engine."""
    found = [profile for profile in comparison.profiles if profile.roofline and profile.timing]
    grid = grid_of(found)
    series = [
        _network(
            [p for p in found if engine_of(p) == engine],
            f"whole networks, {grid.name(engine)}",
            number % 2 > 0,
        )
        for number, engine in enumerate(grid.engines)
    ]
    networks = numbers.number_of(len({profile.request.model for profile in found}), "network")
    return _chart(f"Roofline of {networks}", found, series)


def _of(profile: Profile) -> Roofline:
    assert profile.roofline is not None
    return profile.roofline


def _network(profiles: Iterable[Profile], label: str, hollow: bool = False) -> Series:
    points = []
    for profile in profiles:
        roofline, timing = _of(profile), profile.timing
        if timing is not None and roofline.intensity and timing.median_s > 0:
            gmacs = roofline.macs / 1e9
            name = profile.request.model
            if profile.request.batch > 1:
                name += f", batch {profile.request.batch}"
            points.append(
                Point(
                    roofline.intensity,
                    gmacs / timing.median_s,
                    name,
                    gmacs / timing.high_s,
                    gmacs / timing.low_s,
                )
            )
    return Series(label, tuple(points), hollow)


def _by_group(layers: Sequence[LayerRoofline]) -> list[Series]:
    """Timed layers with macs, by what they are."""
    groups = dict.fromkeys(layer.group for layer in layers if layer.macs_per_s)
    return [
        Series(
            group,
            tuple(
                Point(layer.intensity, layer.macs_per_s / 1e9)
                for layer in layers
                if layer.group == group and layer.macs_per_s and layer.intensity
            ),
            hollow=bool(number % 2),
        )
        for number, group in enumerate(groups)
    ]


def _intensities(layers: Iterable[LayerRoofline]) -> list[float]:
    return sorted({layer.intensity for layer in layers if layer.intensity})


def _under(ceilings: Ceilings, intensity: float) -> float:
    """GMAC/s at that intensity with every byte from memory."""
    return min(ceilings.macs.per_s, intensity * ceilings.memory.per_s) / 1e9


def _chart(title: str, profiles: Sequence[Profile], series: Sequence[Series]) -> Chart:
    limits = _limits(profiles)
    xs = [point.x for part in series for point in part.points]
    xs += [_ridge(ceilings, ceilings.memory.per_s) for ceilings in limits]
    ends = (min(xs) / 1.6, max(xs) * 1.6)
    roofs = _roofs(limits[0], *ends) if len(limits) == 1 else _roofs_of_each(limits, *ends)
    return Chart(title, X, Y, roofs, tuple(series), tuple(_caption(profiles, limits)))


def _limits(profiles: Sequence[Profile]) -> list[Ceilings]:
    """What the profiles are held against: one a dtype."""
    return list({_of(profile).ceilings.dtype: _of(profile).ceilings for profile in profiles}.values())


def _ridge(ceilings: Ceilings, bytes_per_s: float) -> float:
    """The intensity from which on the peak is the limit."""
    return ceilings.macs.per_s / bytes_per_s


def _roofs_of_each(limits: Sequence[Ceilings], low: float, high: float) -> tuple[Curve, ...]:
    """The roof of each dtype, with memory's slope alone."""
    return tuple(
        Curve(f"{each.dtype}: {_label(each)}", _roof(each, each.memory.per_s, low, high), stroke)
        for each, stroke in zip(limits, cycle(STROKES), strict=False)
    )


def _label(ceilings: Ceilings) -> str:
    peak, memory = ceilings.macs.per_s / 1e9, ceilings.memory.per_s / 1e9
    return f"peak {numbers.rate(peak)} GMAC/s; memory {numbers.rate(memory)} GB/s"


def _roofs(ceilings: Ceilings, low: float, high: float) -> tuple[Curve, ...]:
    roofs = [Curve(_label(ceilings), _roof(ceilings, ceilings.memory.per_s, low, high))]
    # Where the peak is the limit from the left edge on, a second roof would lie on the first.
    if ceilings.cache is not None and low < _ridge(ceilings, ceilings.cache.per_s) < _ridge(
        ceilings, ceilings.memory.per_s
    ):
        label = f"cache {numbers.rate(ceilings.cache.per_s / 1e9)} GB/s"
        roofs.append(Curve(label, _roof(ceilings, ceilings.cache.per_s, low, high)[:2], "dashed"))
    return tuple(roofs)


def _roof(ceilings: Ceilings, bytes_per_s: float, low: float, high: float) -> tuple[tuple[float, float], ...]:
    """Up along the bandwidth to the ridge, then level."""
    peak, ridge = ceilings.macs.per_s / 1e9, _ridge(ceilings, bytes_per_s)
    if ridge <= low:
        return ((low, peak), (high, peak))
    return ((low, low * bytes_per_s / 1e9), (ridge, peak), (max(high, ridge), peak))


def _caption(profiles: Sequence[Profile], limits: Sequence[Ceilings]) -> list[str]:
    used = bytes_lines(profiles, BYTES)
    by = [reached.by for ceilings in limits for reached in (ceilings.macs, ceilings.memory)]
    return [
        f"{machine(profiles[0].environment)}; {setting(profiles)}",
        f"macs are multiply-accumulates; {'; '.join(used)}",
        f"limits measured in the same session: {'; '.join(dict.fromkeys(by))}",
        "above the memory line data comes from cache",
        *warned(told for profile in profiles for told in warnings(profile)),
    ]
