"""The report of ``--roofline``: the measured limits, how far a network is from them, and what bounds its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnnprof.records.ceilings import Ceilings
from cnnprof.records.grid import Grid, grid_of
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.roofline import BOUNDS, LayerRoofline, Roofline
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import listed

LIMITS = (Column("limit", align="left"), Column("measured"), Column("by", align="left", priority=1))
NETWORK = (Column("time", align="left"), Column("", "ms"), Column("meaning", align="left", priority=1))
SHARES = (
    Column("bound", align="left"),
    Column("layers"),
    Column("macs"),
    Column("bytes\nmoved"),
    Column("under the\nroofs", "ms"),
    Column("share"),
)
LAYERS = (
    Column("layer", align="left"),
    Column("ops", align="left", priority=3),
    Column("bound", align="left"),
    Column("MAC\nper byte", priority=2),
    Column("under its\nroof", "ms"),
)
TIMED = (
    Column("measured", "ms"),
    Column("GMAC\nper s", priority=5),
    Column("GB\nper s", priority=4),
    Column("of its\nroof"),
    Column("remark", align="left", priority=1),
)
UNDER = (
    Column("bound", align="left", priority=1),
    Column("MAC\nper byte", priority=3),
    Column("from\nmemory", "ms", priority=2),
    Column("floor", "ms"),
    Column("latency", "ms"),
    Column("floor over\nlatency"),
)
BYTES = {
    "memory_bytes": "bytes are those of memory access as executed, op by op",
    "memory_fused_bytes": "bytes are those of fused memory access: norm, activation and add inside their producer",
}
FLOOR = (
    "the floor is physical: macs at the peak, layer after layer, all data in cache, and from memory only what no "
    "cache can hold; from memory: each layer under its roof, max(macs / peak, bytes / bandwidth)"
)
TOP = 10


def roofline_report(profile: Profile, top: int | None = None) -> Report:
    """The limits, the network under them, and the ``top`` layers that take longest."""
    found = profile.roofline
    if found is None:
        return ()
    timed = profile.timing is not None
    return (
        _limits_table(found.ceilings, "roofline: measured limits" + _at(found.ceilings)),
        Table(NETWORK, tuple(_network_rows(profile, found)), title="the network under these limits"),
        *(_layers_report(found, TOP if top is None else top) if found.layers else ()),
        *notes(FLOOR if timed else "", BYTES[found.bytes_by], style="dim"),
    )


def rooflines_report(comparison: Comparison) -> Report:
    """One row a profile, and the limits that they were held against."""
    found = [profile for profile in comparison.profiles if profile.roofline is not None]
    if not found:
        return ()
    limits = {_at(roofline.ceilings): roofline.ceilings for p in found if (roofline := p.roofline)}
    return (
        _networks_table(found),
        *(_limits_table(ceilings, f"measured limits{at}") for at, ceilings in limits.items()),
        *notes(FLOOR, *bytes_lines(found, BYTES), style="dim"),
    )


def bytes_lines(profiles: Sequence[Profile], texts: Mapping[str, str]) -> list[str]:
    """Which bytes were held against the limits; under several runtimes that differ in it, each with its own."""
    runtimes: dict[str, list[str]] = {}
    for profile in profiles:
        if profile.roofline is not None:
            of_count = runtimes.setdefault(profile.roofline.bytes_by, [])
            of_count += [] if profile.request.runtime in of_count else [profile.request.runtime]
    if len(runtimes) == 1:
        return [texts[name] for name in runtimes]
    return [f"{listed(names)}: {texts[name]}" for name, names in runtimes.items()]


def _networks_table(profiles: Sequence[Profile]) -> Table:
    """What tells the rows apart stays at any width."""
    grid = grid_of(profiles)
    told: dict[str, Callable[[Profile], str]] = {"runtime": lambda p: p.request.runtime}
    if grid.varies_dtype:
        told["dtype"] = lambda p: p.request.dtype
    if len({profile.request.inputs for profile in profiles}) > 1:
        told["input"] = lambda p: input_text(p.request.inputs) or ""
    if len(grid.batches) > 1:
        told["batch"] = lambda p: str(p.request.batch)
    columns = (
        Column("model", align="left"),
        *(_telling(name, grid) for name in told),
        *UNDER,
    )
    rows = tuple(
        (p.request.model, *(show(p) for show in told.values()), *_comparison_row(p, p.roofline))
        for p in profiles
        if p.roofline
    )
    return Table(columns, rows, title="roofline")


def _telling(name: str, grid: Grid) -> Column:
    """A column that tells rows apart stays; one runtime for all of them stands in the heading as well."""
    common = name == "runtime" and not grid.varies_runtime
    return Column(name, align="right" if name == "batch" else "left", priority=4 if common else 0)


def _at(ceilings: Ceilings) -> str:
    threads = numbers.number_of(ceilings.threads, "thread")
    return f", {ceilings.dtype}, {threads}" + ("" if ceilings.device == "cpu" else f", {ceilings.device}")


def _limits_table(ceilings: Ceilings, title: str) -> Table:
    return Table(LIMITS, tuple(limit_rows(ceilings)), title=title)


def limit_rows(ceilings: Ceilings) -> Iterator[Row]:
    """Each limit with its unit and what reached it."""
    yield ("peak", f"{numbers.rate(ceilings.macs.per_s / 1e9)} GMAC/s", ceilings.macs.by)
    yield ("memory", f"{numbers.rate(ceilings.memory.per_s / 1e9)} GB/s", ceilings.memory.by)
    if ceilings.cache is not None:
        yield ("cache", f"{numbers.rate(ceilings.cache.per_s / 1e9)} GB/s", ceilings.cache.by)
    yield ("call", f"{ceilings.overhead_s * 1e6:.2g} us", "a torch module on one element")


def _network_rows(profile: Profile, roofline: Roofline) -> Iterator[Row]:
    yield ("floor", _ms(roofline.floor_s), "no runtime can be faster on these limits")
    yield ("from memory", _ms(roofline.roof_s), "each layer under its roof, every byte from memory")
    if roofline.overhead_s:
        calls = sum(len(layer.ops) for layer in roofline.layers)
        yield ("calls", _ms(roofline.overhead_s), f"{calls} ops, each at the price of a call")
    if profile.timing is not None:
        reached = numbers.share(roofline.floor_s, profile.timing.median_s)
        yield ("measured", _ms(profile.timing.median_s), f"the floor is {reached} of it")


def _share_rows(roofline: Roofline) -> Iterator[Row]:
    whole = sum(roofline.bound_s(bound) for bound in BOUNDS)
    for bound in BOUNDS:
        layers = [layer for layer in roofline.layers if layer.bound == bound]
        if layers:
            yield _share_row(bound, layers, roofline.bound_s(bound), whole)
    yield _share_row("total", roofline.layers, whole, whole)


def _share_row(name: str, layers: Sequence[LayerRoofline], seconds: float, whole: float) -> Row:
    return (
        name,
        str(len(layers)),
        numbers.count(sum(layer.macs for layer in layers)),
        numbers.size(sum(layer.moved_bytes for layer in layers)),
        _ms(seconds),
        numbers.share(seconds, whole),
    )


def _layers_report(roofline: Roofline, top: int) -> Report:
    """What bounds how many of the layers, and the ``top`` that take longest."""
    shares = Table(SHARES, tuple(_share_rows(roofline)), title="what bounds its layers", total=True)
    return (shares, _layers_table(roofline, top))


def _layers_table(roofline: Roofline, top: int) -> Table:
    timed = any(layer.seconds is not None for layer in roofline.layers)
    ranked = sorted(roofline.layers, key=lambda layer: layer.seconds or 0.0 if timed else layer.roof_s)
    chosen = ranked[::-1][:top]
    rows = tuple((*_layer_row(layer), *(_timed_cells(layer) if timed else ())) for layer in chosen)
    by = "measured" if timed else "under their roofs"
    title = f"the {len(chosen)} of {len(ranked)} layers that take longest, {by}"
    return Table((*LAYERS, *(TIMED if timed else ())), rows, title=title)


def _layer_row(layer: LayerRoofline) -> Row:
    ops = (
        layer.kind if layer.group.startswith("others") or not layer.macs else f"{layer.kind} ({layer.group})"
    )
    return (layer.path or "(network)", ops, layer.bound, _intensity(layer.intensity), _ms(layer.roof_s))


def _timed_cells(layer: LayerRoofline) -> Row:
    if layer.seconds is None or layer.macs_per_s is None or layer.bytes_per_s is None:
        return ("", "", "", "", "not timed")
    return (
        _ms(layer.seconds),
        numbers.rate(layer.macs_per_s / 1e9) if layer.macs else "",
        numbers.rate(layer.bytes_per_s / 1e9),
        numbers.share(layer.roof_s, layer.seconds),
        "above the peak" if layer.over_peak else "from cache" if layer.from_cache else "",
    )


def _comparison_row(profile: Profile, roofline: Roofline) -> Row:
    timing = profile.timing
    return (
        roofline.bound,
        _intensity(roofline.intensity),
        _ms(roofline.roof_s),
        _ms(roofline.floor_s),
        "" if timing is None else _ms(timing.median_s),
        "" if timing is None else numbers.share(roofline.floor_s, timing.median_s),
    )


def _intensity(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _ms(seconds: float) -> str:
    return numbers.milliseconds(seconds).removesuffix(" ms")
