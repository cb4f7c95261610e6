"""The report of ``--roofline``: the measured limits, how far a network is from them, and what bounds its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnprof.records.profile import Profile
from cnnprof.records.roofline import BOUNDS, LayerRoofline, Roofline
from cnnprof.render.roofline.limits import BYTES, FLOOR, intensity_text, limits_table, setting_text
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

NETWORK = (Column("time", align="left"), Column("", "ms"), Column("meaning", align="left", priority=1))
SHARES = (
    Column("bound", align="left"),
    Column("layers"),
    Column("macs"),
    Column("bytes\nmoved"),
    Column("at its\nbound", "ms"),
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
TOP = 10


def roofline_report(profile: Profile, top: int | None = None) -> Report:
    """The limits, the network under them, and the ``top`` layers that take longest."""
    found = profile.roofline
    if found is None:
        return ()
    timed = profile.timing is not None
    return (
        limits_table(found.ceilings, "roofline: measured limits" + setting_text(found.ceilings)),
        Table(NETWORK, tuple(_network_rows(profile, found)), title="the network under these limits"),
        *(_layers_report(found, TOP if top is None else top) if found.layers else ()),
        *notes(FLOOR if timed else "", BYTES[found.bytes_by], style="dim"),
    )


def _network_rows(profile: Profile, roofline: Roofline) -> Iterator[Row]:
    yield ("floor", numbers.ms(roofline.floor_s), "no runtime can be faster within these limits")
    yield ("from memory", numbers.ms(roofline.roof_s), "each layer under its roof, every byte from memory")
    if roofline.overhead_s:
        calls = sum(len(layer.ops) for layer in roofline.layers)
        yield ("calls", numbers.ms(roofline.overhead_s), f"{calls} ops, each at the price of a call")
    if profile.timing is not None:
        reached = numbers.share(roofline.floor_s, profile.timing.median_s)
        yield ("measured", numbers.ms(profile.timing.median_s), f"the floor is {reached} of it")


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
        numbers.ms(seconds),
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
    return (
        layer.path or "(network)",
        ops,
        layer.bound,
        intensity_text(layer.intensity),
        numbers.ms(layer.roof_s),
    )


def _timed_cells(layer: LayerRoofline) -> Row:
    if layer.seconds is None or layer.macs_per_s is None or layer.bytes_per_s is None:
        return ("", "", "", "", "not timed")
    return (
        numbers.ms(layer.seconds),
        numbers.rate(layer.macs_per_s / 1e9) if layer.macs else "",
        numbers.rate(layer.bytes_per_s / 1e9),
        numbers.share(layer.roof_s, layer.seconds),
        "above the peak" if layer.over_peak else "from cache" if layer.from_cache else "",
    )
