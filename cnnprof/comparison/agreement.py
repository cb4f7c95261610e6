"""How orders of networks stand to each other: counts to published speeds, and published speeds to this machine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cnnprof.comparison.correlation import rank_correlations
from cnnprof.records.counts import Counts
from cnnprof.records.elsewhere import Device, Ranking
from cnnprof.records.experiment import Agreement, Experiment, GroupResult, Platform, Row
from cnnprof.records.grid import setting_of
from cnnprof.records.profile import Profile

COUNTS = ("macs", "memory_bytes", "memory_paper_bytes", "memory_fused_bytes", "params", "activations")
HERE = "here"

Member = tuple[Row, Profile]


def agreements(experiment: Experiment, results: Sequence[GroupResult]) -> tuple[Agreement, ...]:
    """One for each platform and, where something was timed, one for this machine; none for contrasts of one network.

    Each network counts once, where it stands first: a table may print it again.
    """
    if any(group.contrast for group in experiment.groups):
        return ()
    members = _once(results)
    found = [_of_platform(platform, members, results) for platform in experiment.platforms]
    found.append(_of_here(experiment.platforms, members))
    return tuple(agreement for agreement in found if agreement is not None)


def _once(results: Iterable[GroupResult]) -> list[Member]:
    found: dict[object, Member] = {}
    for result in results:
        for row, profile in result.members:
            request = profile.request
            found.setdefault(
                (request.model, repr(sorted(request.arguments.items())), row.input), (row, profile)
            )
    return list(found.values())


def _of_platform(
    platform: Platform, members: Sequence[Member], results: Sequence[GroupResult]
) -> Agreement | None:
    """The platform's order against the counts'; and pair by pair within each group against this machine's."""
    printed = [(row, profile) for row, profile in members if platform.key in row.speeds]
    times = [_seconds(platform, row) for row, _ in printed]
    correlations = rank_correlations(_counts(profile.counts for _, profile in printed), times)
    pairs = [alike for result in results for alike in _pairs(platform, result)]
    if not correlations and not pairs:
        return None
    return Agreement(platform.key, len(pairs), sum(pairs), correlations)


def _of_here(platforms: Iterable[Platform], members: Sequence[Member]) -> Agreement | None:
    timed = [(row, profile) for row, profile in members if profile.timing]
    times = [profile.timing.median_s for _, profile in timed if profile.timing]
    setting = _setting(profile for _, profile in timed)
    counts = _counts(profile.counts for _, profile in timed)
    correlations = list(rank_correlations(counts, times, *setting))
    for platform in platforms:
        shared = [(row, profile) for row, profile in timed if platform.key in row.speeds]
        published = {platform.key: [_seconds(platform, row) for row, _ in shared]}
        measured = [profile.timing.median_s for _, profile in shared if profile.timing]
        correlations += rank_correlations(published, measured, *setting)
    return Agreement(HERE, 0, 0, tuple(correlations)) if correlations else None


def _setting(profiles: Iterable[Profile]) -> tuple[str, str, int | None]:
    """Runtime, dtype and batch of all of them; nothing where they differ."""
    found = {setting_of(profile) for profile in profiles}
    if len(found) != 1:
        return "", "", None
    (setting,) = found
    return setting.runtime, setting.dtype, setting.batch


def _pairs(platform: Platform, result: GroupResult) -> list[bool]:
    """For each pair of a group that both tell apart: whether the order is the same."""
    found = []
    for pair in result.comparison.pairs:
        rows = result.rows[pair.place], result.rows[pair.base]
        if not pair.ratio.is_resolved or any(platform.key not in r.speeds for r in rows):
            continue
        there = platform.time_ratio(*(row.speeds[platform.key] for row in rows))
        if there != 1:
            found.append((there < 1) == (pair.ratio.ratio < 1))
    return found


def _seconds(platform: Platform, row: Row) -> float:
    """A time in some unit: only its order matters."""
    return platform.time_ratio(row.speeds[platform.key], 1)


def _counts(counts: Iterable[Counts]) -> dict[str, list[float]]:
    found = list(counts)
    return {name: [float(getattr(one, name)) for one in found] for name in COUNTS}


def rank_devices(
    devices: Iterable[Device], counts: Mapping[str, Counts], largest: float = float("inf")
) -> tuple[Ranking, ...]:
    """How each count orders the networks of each device, those of at most ``largest`` multiply-adds."""
    found = []
    for device in devices:
        names = [name for name in device.milliseconds if counts[name].macs <= largest]
        times = [device.milliseconds[name] for name in names]
        ranked = _counts(counts[name] for name in names)
        if correlations := rank_correlations(ranked, times, batch=device.batch):
            found.append(Ranking(device, tuple(names), correlations))
    return tuple(found)
