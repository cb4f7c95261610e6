"""The limits that a roofline is drawn with, and the words that go with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cnnprof.records.ceilings import Ceilings
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Row, Table
from cnnprof.render.text.words import listed

LIMITS = (Column("limit", align="left"), Column("measured"), Column("by", align="left", priority=1))
BYTES = {
    "memory_bytes": "bytes are those of memory access as executed, op by op",
    "memory_fused_bytes": "bytes are those of fused memory access: norm, activation and add inside their producer",
}
FLOOR = (
    "the floor is physical: macs at the peak, layer after layer, all data in cache, and from memory only what no "
    "cache can hold; from memory: each layer under its roof, max(macs / peak, bytes / bandwidth)"
)


def limits_table(ceilings: Ceilings, title: str) -> Table:
    """Peak, memory, cache and the price of a call."""
    return Table(LIMITS, tuple(_limit_rows(ceilings)), title=title)


def _limit_rows(ceilings: Ceilings) -> Iterator[Row]:
    """Each limit with its unit and what reached it."""
    yield ("peak", f"{numbers.rate(ceilings.macs.per_s / 1e9)} GMAC/s", ceilings.macs.by)
    yield ("memory", f"{numbers.rate(ceilings.memory.per_s / 1e9)} GB/s", ceilings.memory.by)
    if ceilings.cache is not None:
        yield ("cache", f"{numbers.rate(ceilings.cache.per_s / 1e9)} GB/s", ceilings.cache.by)
    yield ("call", numbers.microseconds(ceilings.overhead_s), "a torch module on one element")


def setting_text(ceilings: Ceilings) -> str:
    """What they hold for: ``, float32, 2 threads``."""
    threads = numbers.number_of(ceilings.threads, "thread")
    return f", {ceilings.dtype}, {threads}" + ("" if ceilings.device == "cpu" else f", {ceilings.device}")


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


def intensity_text(value: float | None) -> str:
    """Multiply-accumulates a byte."""
    return "" if value is None else f"{value:.2f}"
