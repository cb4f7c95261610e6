"""One cell of a grid: a latency, a rate, a ratio, each in full and in fewer characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import log, log1p

from cnnprof.records.columns import images_per_second
from cnnprof.records.grid import Engine, Grid, engine_of, grid_of, reference_engine
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.timing import Ratio
from cnnprof.render.text import numbers
from cnnprof.render.text.fields import EMPTY, Cell, latency_text, ratio_text


@dataclass(frozen=True, slots=True)
class Layout:
    """A comparison with its grid, and its ratios by the places of both sides."""

    comparison: Comparison
    grid: Grid
    ratios: dict[tuple[int, int], Ratio]

    def rows(self) -> Iterator[tuple[int, int]]:
        """Each model at each batch."""
        for row in range(len(self.grid.models)):
            for batch in self.grid.batches:
                yield row, batch

    def profile(self, row: int, batch: int) -> Profile | None:
        """The first profile of a model at a batch: engines of one dtype count alike."""
        places = [self.grid.place(row, engine, batch) for engine in self.grid.engines]
        return next((self.comparison.profiles[place] for place in places if place is not None), None)

    def was_timed(self, engine: Engine) -> bool:
        """Whether any model could be timed on it."""
        return any(found.timing for found in self.comparison.profiles if engine_of(found) == engine)

    def show(self, place: int | None, cell: Callable[[Layout, int, Profile], Cell]) -> Cell:
        """What ``cell`` makes of a timed profile; that it failed; or nothing."""
        if place is None:
            return EMPTY
        profile = self.comparison.profiles[place]
        return cell(self, place, profile) if profile.timing else latency_text(profile)


def lay_out_grid(comparison: Comparison) -> Layout:
    """The comparison as a grid."""
    grid = grid_of(comparison.profiles, comparison.baseline)
    return Layout(comparison, grid, {(pair.place, pair.base): pair.ratio for pair in comparison.pairs})


def latency_cell(layout: Layout, place: int, profile: Profile) -> Cell:
    """Milliseconds, with the interval."""
    return latency_text(profile)


def rate_cell(layout: Layout, place: int, profile: Profile) -> Cell:
    """Images a second at the median latency."""
    rate = images_per_second(profile, profile.timing) if profile.timing else None
    text = "" if rate is None else numbers.rate(rate)
    return text, text


def baseline_cell(layout: Layout, place: int, profile: Profile) -> Cell:
    """Time over that of the baseline model at the same setting."""
    return ratio_cell(profile.ratio)


def engine_cell(layout: Layout, place: int, profile: Profile) -> Cell:
    """Time over that of the same model on the first engine that was timed."""
    grid, reference = layout.grid, reference_engine(layout.comparison.profiles)
    base = grid.place(grid.row_of(place), reference, profile.request.batch)
    return ratio_cell(None if base is None else layout.ratios.get((place, base)))


def gain_cell(layout: Layout, place: int, profile: Profile) -> Cell:
    """Images a second over those of the same model at the first batch."""
    grid, batch = layout.grid, profile.request.batch
    first = grid.batches[0]
    base = grid.place(grid.row_of(place), engine_of(profile), first)
    if base == place:
        return "1.00x", "1.00x"
    ratio = None if base is None else layout.ratios.get((place, base))
    if ratio is None:
        return EMPTY
    images = batch / first
    gain = replace(ratio, ratio=images / ratio.ratio, low=images / ratio.high, high=images / ratio.low)
    return ratio_cell(replace(gain, verdict=_gain_verdict(ratio, gain)))


def _gain_verdict(ratio: Ratio, gain: Ratio) -> str:
    """By the rule of any pair. The session's own verdict is on the times of whole batches; where it is not resolved
    although those are clear, the session is not to be trusted.
    """
    distrusted = ratio.verdict == "not resolved" and _is_clear(ratio)
    return "faster" if _is_clear(gain) and not distrusted else "not resolved"


def _is_clear(ratio: Ratio) -> bool:
    """Whether the interval leaves out 1, and the ratio lies beyond the floor."""
    return not ratio.low <= 1 <= ratio.high and abs(log(ratio.ratio)) > log1p(ratio.floor or 0.0)


def ratio_cell(ratio: Ratio | None) -> Cell:
    """A ratio with its interval, ``~`` before one that is not resolved."""
    if ratio is None or ratio.verdict != "not resolved":
        return ratio_text(ratio)
    full, short = ratio_text(ratio)
    return f"~{full}", f"~{short}"
