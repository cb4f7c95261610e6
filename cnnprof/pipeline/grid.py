"""A grid of models, engines and batches: its requests, its pairs, and each ratio within its own setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from cnnprof.comparison.pairing import Ratios, both_ways
from cnnprof.errors import MissingRuntimeError
from cnnprof.measure.evaluate import BASELINE
from cnnprof.measure.statistics.pairs import paired_ratios
from cnnprof.pipeline.fakes import FAKES
from cnnprof.records.grid import Engine, Setting, grid_of, reference_engine, setting_of
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Pair
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement, Ratio
from cnnprof.runtimes.registry import find_runtime, offered_dtypes


def spread(
    requests: Sequence[Request], runtimes: Sequence[str], dtypes: Sequence[str], batches: Sequence[int]
) -> list[Request]:
    """Every request on every engine at every batch, setting by setting, so that the first ones keep their places.

    Of several dtypes each runtime gets those that it computes in, and ``left_out`` tells of the others; a runtime or a
    dtype that would be left out altogether is left to be refused.
    """
    asked = [Engine(runtime, dtype) for runtime in dict.fromkeys(runtimes) for dtype in dict.fromkeys(dtypes)]
    checks = len(asked) > 1 and any(request.latency for request in requests)
    able = [engine for engine in asked if not checks or _computes(engine, requests[0].device)]
    runs, computes = {engine.runtime for engine in able}, {engine.dtype for engine in able}
    return [
        replace(request, runtime=engine.runtime, dtype=engine.dtype, batch=batch)
        for engine in (able if (runs, computes) == ({*runtimes}, {*dtypes}) else asked)
        for batch in dict.fromkeys(batches)
        for request in requests
    ]


def _computes(engine: Engine, device: str) -> bool:
    if engine.runtime in FAKES:
        return True
    chosen = _auto(engine.runtime) if device == "auto" and _is_there(engine.runtime) else device
    return engine.dtype in offered_dtypes(engine.runtime, chosen)


def left_out(requests: Sequence[Request]) -> tuple[str, ...]:
    """A word on each runtime that does not compute in a dtype which others of the grid compute in."""
    engines = dict.fromkeys(Engine(request.runtime, request.dtype) for request in requests)
    lacking: dict[str, list[str]] = {}
    for runtime in dict.fromkeys(engine.runtime for engine in engines):
        for dtype in dict.fromkeys(engine.dtype for engine in engines):
            if Engine(runtime, dtype) not in engines:
                lacking.setdefault(runtime, []).append(dtype)
    return tuple(
        f"{runtime} does not compute in {' or '.join(dtypes)}: left out"
        for runtime, dtypes in lacking.items()
    )


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
    """The pairs that mean something: two models at one setting, or one model on two engines or at two batches."""
    if measurement is None:
        return ()
    timings = [profile.timing for profile in profiles]
    return paired_ratios(measurement, timings, _meaningful(profiles), baseline)


def _meaningful(profiles: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    grid, reference = grid_of(profiles), reference_engine(profiles)
    for _, places in grid.columns():
        yield from ((place, base) for base, place in combinations(places, 2))
    for row in range(len(grid.models)):
        for engine, batch in ((setting.engine, setting.batch) for setting in grid.settings):
            place = grid.place(row, engine, batch)
            for first in (Setting(reference, batch), Setting(engine, grid.batches[0])):
                base = grid.place(row, first.engine, first.batch)
                if place is not None and base is not None and place != base:
                    yield place, base


def in_their_setting(
    profiles: Sequence[Profile], baseline: int, pairs: Sequence[Pair]
) -> tuple[Profile, ...]:
    """Each ratio to the baseline's model at the same setting; as measured where there is one setting."""
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
