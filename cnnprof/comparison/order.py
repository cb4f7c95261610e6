"""The order of the models under each setting, and whether it changes with the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from math import log

from cnnprof.comparison.pairing import Ratios, both_ways, is_faster, is_resolved
from cnnprof.records.grid import Grid, grid_of
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Order, Pair

SHOWN = 3


def orders(profiles: Sequence[Profile], pairs: Sequence[Pair], baseline: int = 0) -> tuple[Order, ...]:
    """Each setting's timed models from the fastest to the slowest; none for a setting with fewer than two.

    They are sorted by their paired ratio to the baseline model, by the median where that model was not timed.
    """
    ratios, grid = both_ways(pairs), grid_of(profiles, baseline)
    found = []
    for setting, places in grid.columns():
        timed = sorted(
            (place for place in places if profiles[place].timing),
            key=_slowness(profiles, ratios, grid.base(setting)),
        )
        if len(timed) > 1:
            names = tuple(profiles[place].request.model for place in timed)
            resolved = tuple(is_faster(ratios, one, other) for one, other in pairwise(timed))
            found.append(Order(setting.runtime, setting.dtype, setting.batch, tuple(timed), names, resolved))
    return tuple(found)


def _slowness(profiles: Sequence[Profile], ratios: Ratios, base: int | None) -> Callable[[int], float]:
    def of(place: int) -> float:
        timing, other = profiles[place].timing, profiles[base].timing if base is not None else None
        assert timing is not None
        if base is None or other is None:
            return timing.median_s
        if place == base:
            return 1.0
        known = (place, base) in ratios
        return ratios[place, base].ratio if known else timing.median_s / other.median_s

    return of


def order_sentences(profiles: Sequence[Profile], pairs: Sequence[Pair], baseline: int = 0) -> list[str]:
    """Whether the order of the models changes with the engine, for each batch; nothing with one engine."""
    grid, ratios = grid_of(profiles, baseline), both_ways(pairs)
    if len(grid.engines) < 2 or len(grid.models) < 2:
        return []
    several = len(grid.batches) > 1
    return [
        f"{f'batch {batch}: ' if several else ''}{_change(grid, ratios, batch)}" for batch in grid.batches
    ]


def _change(grid: Grid, ratios: Ratios, batch: int) -> str:
    changed, (axis, _) = _reversals(grid, ratios, batch), grid.axis
    if changed:
        rest = len(changed) - SHOWN
        more = f"; and {rest} more pair{'s' if rest > 1 else ''}" if rest > 0 else ""
        return f"the order changes with the {axis}: {'; '.join(changed[:SHOWN])}{more}"
    compared, resolved = _compared(grid, ratios, batch)
    if not compared:
        return f"no two models were timed under more than one {axis}: their order cannot be compared"
    if resolved == compared:
        return f"the order of the models does not change with the {axis}"
    return (
        f"no change of order with the {axis} is resolved: {resolved} of {compared} pairs of models are "
        f"resolved under every {axis}, the others could go either way"
    )


def _reversals(grid: Grid, ratios: Ratios, batch: int) -> list[str]:
    """Pairs told apart one way under an engine and the other way under another, the largest swing first."""
    found, (_, word) = [], grid.axis
    for one, other in combinations(range(len(grid.models)), 2):
        ways: dict[bool, dict[str, float]] = {}
        for engine, place, base in _cells(grid, one, other, batch):
            if is_resolved(ratios, place, base):
                swing = abs(log(ratios[place, base].ratio))
                ways.setdefault(is_faster(ratios, place, base), {})[engine] = swing
        if len(ways) == 2:
            # Seen from the model that the first engine calls faster.
            first = next(iter(ways))
            names = (
                (grid.models[one], grid.models[other]) if first else (grid.models[other], grid.models[one])
            )
            told = (
                f"{names[0]} is faster than {names[1]} {word} {', '.join(ways[first])} "
                f"and slower {word} {', '.join(ways[not first])}"
            )
            found.append((sum(max(of.values()) for of in ways.values()), told))
    return [told for _, told in sorted(found, key=lambda each: -each[0])]


def _compared(grid: Grid, ratios: Ratios, batch: int) -> tuple[int, int]:
    """Pairs of models timed under two engines or more, and those of them that are told apart under each."""
    compared = resolved = 0
    for one, other in combinations(range(len(grid.models)), 2):
        known = [
            is_resolved(ratios, place, base)
            for _, place, base in _cells(grid, one, other, batch)
            if (place, base) in ratios
        ]
        compared += len(known) > 1
        resolved += len(known) > 1 and all(known)
    return compared, resolved


def _cells(grid: Grid, one: int, other: int, batch: int) -> list[tuple[str, int, int]]:
    """Each engine under which both models stand, by its name, with their places."""
    columns = [
        (grid.name(setting.engine), grid.cells[one][column], grid.cells[other][column])
        for column, setting in enumerate(grid.settings)
        if setting.batch == batch
    ]
    return [(name, place, base) for name, place, base in columns if place is not None and base is not None]
