"""Which results may be set side by side: what was timed under different conditions does not mix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnnprof.records.grid import Setting, grid_of
from cnnprof.records.profile import Profile

MIN_MODELS = 5  # with fewer, one swap of neighbours decides what orders say
MUST_MATCH: Mapping[str, Callable[[Profile], object]] = {
    "cpu": lambda profile: profile.environment.cpu,
    "accelerator": lambda profile: profile.environment.accelerator,
    "device": lambda profile: profile.device,
    "threads": lambda profile: profile.threads,
    "dtype": lambda profile: profile.request.dtype,
    "batch": lambda profile: profile.request.batch,
}
"""What two latencies must share. Runtime, input and memory format may differ: they are what people compare."""


def differences(profile: Profile, other: Profile) -> tuple[str, ...]:
    """What keeps two latencies from being compared, as ``threads 2 against 4``; empty where nothing does."""
    return tuple(
        f"{name} {read(profile)} against {read(other)}"
        for name, read in MUST_MATCH.items()
        if read(profile) != read(other)
    )


def all_comparable(profiles: Sequence[Profile]) -> bool:
    """Whether every two of these latencies may be compared."""
    return not any(differences(profile, profiles[0]) for profile in profiles[1:])


def enough_timed(profiles: Sequence[Profile]) -> Iterator[tuple[Setting, list[int]]]:
    """Each setting at which five models or more were timed that may be compared, and their places."""
    for setting, places in grid_of(profiles).columns():
        timed = [place for place in places if profiles[place].timing]
        if len(timed) >= MIN_MODELS and all_comparable([profiles[place] for place in timed]):
            yield setting, timed
