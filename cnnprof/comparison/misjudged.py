"""What choosing by multiply-adds alone gets wrong, and by how much time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import log

from cnnprof.comparison.comparable import enough_timed
from cnnprof.comparison.pairing import Ratios, both_ways, is_faster, is_resolved
from cnnprof.records.grid import Setting
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Misjudged, Misjudgement, Pair

SHOWN = 3


def misjudgements(profiles: Sequence[Profile], pairs: Sequence[Pair]) -> tuple[Misjudgement, ...]:
    """For each setting with five timed models or more: how many pairs run against the multiply-adds, and the worst.

    Only pairs whose times are told apart count against the multiply-adds: noise is not their fault.
    """
    ratios = both_ways(pairs)
    return tuple(_at(setting, profiles, timed, ratios) for setting, timed in enough_timed(profiles))


def _at(setting: Setting, profiles: Sequence[Profile], places: Sequence[int], ratios: Ratios) -> Misjudgement:
    macs = {place: profiles[place].counts.macs for place in places}
    # Nobody chooses by multiply-adds between a model that has some and one that has none.
    counting = [place for place in places if macs[place]]
    differing = [(a, b) for a, b in combinations(counting, 2) if macs[a] != macs[b]]
    resolved = [(a, b) for a, b in differing if is_resolved(ratios, a, b)]
    wrong = [(a, b) for a, b in resolved if is_faster(ratios, a, b) != (macs[a] < macs[b])]
    return Misjudgement(
        runtime=setting.runtime,
        dtype=setting.dtype,
        batch=setting.batch,
        models=len(places),
        pairs=len(resolved),
        wrong=len(wrong),
        unresolved=len(differing) - len(resolved),
        worst=_worst(profiles, places, ratios, wrong),
    )


def _worst(
    profiles: Sequence[Profile], places: Sequence[int], ratios: Ratios, wrong: Sequence[tuple[int, int]]
) -> tuple[Misjudged, ...]:
    """The models moved furthest by the clock, of those with a pair that runs against the multiply-adds."""
    against: dict[int, list[int]] = {}
    for one, other in wrong:
        against.setdefault(one, []).append(other)
        against.setdefault(other, []).append(one)
    by_macs = ranks({place: profiles[place].counts.macs for place in places})
    by_clock = ranks({place: _median_s(profiles[place]) for place in places})
    found: dict[tuple[int, int], Misjudged] = {}
    for place, others in against.items():
        # Only what happened in the direction that the model moved in explains its place.
        moved = by_clock[place] - by_macs[place]
        same = [other for other in others if is_faster(ratios, other, place) == (moved > 0)]
        if moved and same:
            costly = max(same, key=lambda other: abs(log(ratios[other, place].ratio)))
            found[place, costly] = _misjudged(
                profiles, place, costly, by_macs[place], by_clock[place], ratios
            )
    ordered = sorted(
        found,
        key=lambda pair: (-abs(by_clock[pair[0]] - by_macs[pair[0]]), -abs(log(found[pair].time.ratio))),
    )
    # The same two seen from the other side would say nothing new.
    kept = [pair for number, pair in enumerate(ordered) if pair[::-1] not in ordered[:number]]
    return tuple(found[pair] for pair in kept[:SHOWN])


def _misjudged(
    profiles: Sequence[Profile], place: int, other: int, macs_rank: int, latency_rank: int, ratios: Ratios
) -> Misjudged:
    own, its = profiles[place], profiles[other]
    return Misjudged(
        place=place,
        model=own.request.model,
        macs_rank=macs_rank,
        latency_rank=latency_rank,
        against=its.request.model,
        macs_ratio=its.counts.macs / own.counts.macs,
        time=ratios[other, place],
        seconds=_median_s(its) - _median_s(own),
    )


def ranks(values: dict[int, float] | dict[int, int]) -> dict[int, int]:
    """Ranks from 1 by value; equals share the first of theirs."""
    ordered = sorted(values.values())
    return {place: ordered.index(value) + 1 for place, value in values.items()}


def _median_s(profile: Profile) -> float:
    assert profile.timing is not None
    return profile.timing.median_s
