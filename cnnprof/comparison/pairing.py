"""Ratios of pairs looked up from either side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Ratio

Ratios = Mapping[tuple[int, int], Ratio]
"""Time of the first place over time of the second."""

OPPOSITE = {"faster": "slower", "slower": "faster"}


def both_ways(pairs: Iterable[Pair]) -> Ratios:
    """Each pair and its inverse."""
    found: dict[tuple[int, int], Ratio] = {}
    for pair in pairs:
        found[pair.place, pair.base] = pair.ratio
        found[pair.base, pair.place] = inverse(pair.ratio)
    return found


def inverse(ratio: Ratio) -> Ratio:
    """The same pair, seen from the other model."""
    verdict = OPPOSITE.get(ratio.verdict, ratio.verdict)
    return replace(ratio, ratio=1 / ratio.ratio, low=1 / ratio.high, high=1 / ratio.low, verdict=verdict)


def is_faster(ratios: Ratios, place: int, other: int) -> bool:
    """Whether ``place`` is known to be faster than ``other``."""
    return (place, other) in ratios and ratios[place, other].verdict == "faster"


def is_resolved(ratios: Ratios, place: int, other: int) -> bool:
    """Whether it is known which of the two is faster."""
    return (place, other) in ratios and ratios[place, other].is_resolved
