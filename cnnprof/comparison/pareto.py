"""Which models are worth choosing: the Pareto fronts of published accuracy against macs and against latency."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.comparison.comparable import enough_timed
from cnnprof.comparison.pairing import Ratios, both_ways, is_faster, is_resolved
from cnnprof.records.grid import Setting
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Front, FrontMember, Pair

MIN_MEMBERS = 3  # of two there is nothing to leave or to enter
ON, OFF, UNDECIDED = "on", "off", "undecided"


def fronts(profiles: Sequence[Profile], pairs: Sequence[Pair]) -> tuple[Front, ...]:
    """For each setting with five timed models or more, one for each task and metric that three of them share."""
    ratios = both_ways(pairs)
    return tuple(
        front for setting, timed in enough_timed(profiles) for front in _at(setting, profiles, timed, ratios)
    )


def _at(setting: Setting, profiles: Sequence[Profile], places: Sequence[int], ratios: Ratios) -> list[Front]:
    groups: dict[tuple[str, str], dict[int, float]] = {}
    for place in places:
        entry, value = profiles[place].entry, profiles[place].published_metric
        if entry is not None and value is not None:
            groups.setdefault((entry.task, entry.metric_name), {})[place] = value
    return [
        Front(task, metric, setting.runtime, setting.dtype, setting.batch, _members(profiles, values, ratios))
        for (task, metric), values in groups.items()
        if len(values) >= MIN_MEMBERS
    ]


def _members(
    profiles: Sequence[Profile], metrics: dict[int, float], ratios: Ratios
) -> tuple[FrontMember, ...]:
    found = []
    for place in sorted(metrics, key=lambda place: (-metrics[place], place)):
        by_macs, behind_macs = _by_macs(profiles, metrics, place)
        by_latency, behind_latency = _by_latency(profiles, metrics, place, ratios)
        found.append(
            FrontMember(
                place=place,
                model=profiles[place].request.model,
                metric=metrics[place],
                by_macs=by_macs,
                by_latency=by_latency,
                behind_macs=behind_macs,
                behind_latency=behind_latency,
            )
        )
    return tuple(found)


def _by_macs(profiles: Sequence[Profile], metrics: dict[int, float], place: int) -> tuple[str, str]:
    """Off the front where another is at least as good in both and better in one."""
    own = (-metrics[place], profiles[place].counts.macs)
    for other in sorted(metrics, key=lambda other: profiles[other].counts.macs):
        its = (-metrics[other], profiles[other].counts.macs)
        if its[0] <= own[0] and its[1] <= own[1] and its != own:
            return OFF, profiles[other].request.model
    return ON, ""


def _by_latency(
    profiles: Sequence[Profile], metrics: dict[int, float], place: int, ratios: Ratios
) -> tuple[str, str]:
    """Off where one at least as accurate is known to be faster; undecided where one may be."""
    better = [other for other in metrics if other != place and metrics[other] >= metrics[place]]
    faster = [other for other in better if is_faster(ratios, other, place)]
    if faster:
        best = min(faster, key=lambda other: ratios[other, place].ratio)
        return OFF, profiles[best].request.model
    for other in better:
        if not is_resolved(ratios, other, place):
            return UNDECIDED, profiles[other].request.model
    return ON, ""
