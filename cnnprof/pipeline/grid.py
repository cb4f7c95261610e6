"""A grid of models, runtimes and batches: its requests, its pairs, and each ratio within its own setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from cnnprof.comparison.pairing import Ratios, both_ways
from cnnprof.errors import MissingRuntimeError
from cnnprof.measure.evaluate import BASELINE
from cnnprof.measure.statistics.pairs import paired_ratios
from cnnprof.pipeline.fakes import FAKES
from cnnprof.records.grid import Grid, Setting, grid_of, setting_of
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Pair
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement, Ratio
from cnnprof.runtimes.registry import find_runtime


def spread(requests: Sequence[Request], runtimes: Sequence[str], batches: Sequence[int]) -> list[Request]:
    """Every request at every runtime and batch, setting by setting, so that the first ones keep their places."""
    return [
        replace(request, runtime=runtime, batch=batch)
        for runtime in dict.fromkeys(runtimes)
        for batch in dict.fromkeys(batches)
        for request in requests
    ]


def excused(requests: Sequence[Request]) -> list[Request]:
    """In a grid a runtime that is not installed must not end the whole: its models go to the CPU, where making them
    ready fails with the reason. One runtime alone is refused outright, and so is a device asked for by name.
    """
    if len({request.runtime for request in requests}) < 2:
        return list(requests)
    return [
        replace(request, device="cpu")
        if request.device == "auto" and not _is_there(request.runtime)
        else request
        for request in requests
    ]


def on_one_device(requests: Sequence[Request]) -> tuple[list[Request], tuple[str, ...]]:
    """Times on two devices do not compare: where ``auto`` is not the same for all runtimes of a grid it is the CPU,
    with a word on it.
    """
    runtimes = dict.fromkeys(each.runtime for each in requests if each.latency and each.device == "auto")
    chosen = {name: _auto(name) for name in runtimes if _is_there(name)}
    if len(set(chosen.values())) < 2:
        return list(requests), ()
    named = ", ".join(f"{name} {device}" for name, device in chosen.items())
    told = f"all on the CPU, to compare like with like: left to themselves they would choose {named}"
    return [replace(each, device="cpu") if each.device == "auto" else each for each in requests], (told,)


def _auto(runtime: str) -> str:
    return find_runtime("eager" if runtime in FAKES else runtime).resolve_device("auto")


def _is_there(runtime: str) -> bool:
    try:
        _auto(runtime)
    except MissingRuntimeError:
        return False
    return True


def pair_up(profiles: Sequence[Profile], measurement: Measurement | None, baseline: int) -> tuple[Pair, ...]:
    """The pairs that mean something: two models at one setting, or one model at two runtimes or two batches."""
    if measurement is None:
        return ()
    timings = [profile.timing for profile in profiles]
    return paired_ratios(measurement, timings, _meaningful(grid_of(profiles)), baseline)


def _meaningful(grid: Grid) -> Iterator[tuple[int, int]]:
    for _, places in grid.columns():
        yield from ((place, base) for base, place in combinations(places, 2))
    for row in range(len(grid.models)):
        for runtime, batch in ((setting.runtime, setting.batch) for setting in grid.settings):
            place = grid.place(row, runtime, batch)
            for first in (Setting(grid.runtimes[0], batch), Setting(runtime, grid.batches[0])):
                base = grid.place(row, first.runtime, first.batch)
                if place is not None and base is not None and place != base:
                    yield place, base


def in_their_setting(
    profiles: Sequence[Profile], baseline: int, pairs: Sequence[Pair]
) -> tuple[Profile, ...]:
    """Each ratio to the baseline's model at the same runtime and batch; as measured where there is one setting."""
    grid = grid_of(profiles, baseline)
    if len(grid.settings) < 2:
        return tuple(profiles)
    ratios = both_ways(pairs)
    return tuple(
        replace(profile, ratio=_ratio(place, grid.base(setting_of(profile)), ratios, profile))
        for place, profile in enumerate(profiles)
    )


def _ratio(place: int, base: int | None, ratios: Ratios, profile: Profile) -> Ratio | None:
    if base is None or profile.timing is None:
        return None
    return BASELINE if place == base else ratios.get((place, base))
