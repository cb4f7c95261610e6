"""Which results may be set side by side: what was timed under different conditions does not mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnnprof.records.profile import Profile

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
