"""Time of one model over time of another, from turns of one round, and whether the difference is real."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, expm1, log, sqrt
from statistics import fmean, median

from cnnprof.measure.statistics.between import Spread, ratio_estimate
from cnnprof.measure.statistics.medians import Estimate, centre_estimate
from cnnprof.records.request import MOST_PROCESSES
from cnnprof.records.timing import Ratio, Turn

MIN_PAIRS = 6  # the fewest for which a 95% signed-rank interval exists: 2/2^6 = 3%
REASONABLE = 100.0
AGAINST_BOTH = sqrt(3 / 4)  # the error of one against the mean of two, over that of one against one


def log_ratios(turns: Sequence[Turn], *bases: Sequence[Turn]) -> list[float]:
    """One log ratio of median times for each round in which the model and its base ran, in order.

    ``bases`` are the instances of the base: where several ran in a round, the mean of their log times is what the model
    is set against.
    """
    of_base: dict[int, list[float]] = {}
    for turn in (turn for base in bases for turn in base):
        of_base.setdefault(turn.round, []).append(log(median(turn.counted)))
    return [log(median(turn.counted)) - fmean(of_base[turn.round]) for turn in turns if turn.round in of_base]


def by_generation(turns: Sequence[Turn], *bases: Sequence[Turn]) -> list[list[float]]:
    """The log ratios of each generation of processes in which the model and its base ran."""
    numbers = sorted({turn.generation for turn in turns})
    of_each = [[turn for turn in turns if turn.generation == number] for number in numbers]
    return [ratios for own in of_each if (ratios := _centred(own, bases))]


def _centred(turns: Sequence[Turn], bases: Sequence[Sequence[Turn]]) -> list[float]:
    """Log ratios to the mean of all ``bases``, moved to where those to each of them alone have their centre.

    Times have a long tail above. One of equal models against the mean of two is then seldom far above and twice as
    often half as far below: a centre that outliers hardly move lies below 0. One against one is symmetric.
    """
    ratios = log_ratios(turns, *bases)
    alone = [to_one for base in bases if (to_one := log_ratios(turns, base))]
    if len(alone) < 2:
        return ratios
    shift = fmean(centre_estimate(to_one).value for to_one in alone) - centre_estimate(ratios).value
    return [ratio + shift for ratio in ratios]


def noise_floor(twin: Estimate | None, processes: int = 1) -> float | None:
    """The smallest deviation from 1 that stands out from a model compared with itself.

    It is the far end of the twin's interval: both what chance leaves open and what two instances of one
    network really differ by (where their weights lie in memory). Of several processes half the interval is enough,
    since what those differ by is part of it, and of that the share that a comparison with both instances has; but no
    less than the two were apart where they are told apart. None without a twin or with too few pairs.
    """
    if twin is None or not twin.bounded:
        return None
    if processes > 1:
        apart = 0.0 if twin.low <= 0 <= twin.high else abs(twin.value)
        return expm1(max(AGAINST_BOTH * twin.half_width, apart))
    return expm1(max(abs(twin.low), abs(twin.high)))


def judge(estimate: Estimate, floor: float | None) -> str:
    """``faster`` or ``slower`` where the interval excludes 1 and the ratio lies beyond the floor."""
    if not estimate.bounded or estimate.low <= 0 <= estimate.high:
        return "not resolved"
    if floor is not None and expm1(abs(estimate.value)) <= floor:
        return "not resolved"
    return "faster" if estimate.value < 0 else "slower"


def pair_ratio(
    groups: Sequence[Sequence[float]],
    shared: Spread | None,
    floor: float | None,
    *,
    trusted: bool,
    spent_s: float,
    instances: int,
) -> Ratio:
    """The record of a pair from its log ratios, those of each generation of processes; ``instances`` of its base."""
    logs = [value for group in groups for value in group]
    return to_ratio(
        ratio_estimate(groups, shared, instances),
        len(logs),
        floor,
        trusted=trusted,
        spent_s=spent_s,
        within=centre_estimate(logs),
        processes=len(groups),
    )


def to_ratio(
    estimate: Estimate,
    pairs: int,
    floor: float | None,
    *,
    trusted: bool,
    spent_s: float,
    within: Estimate | None = None,
    processes: int = 1,
) -> Ratio:
    """The record of a pair. Without ``trusted`` rounds nothing is resolved, and no budget is said to help.

    ``within`` is the estimate that chance within the ``processes`` alone would give: where that is not most of the
    interval, it is more processes that would help, not more time.
    """
    verdict = judge(estimate, floor) if trusted else "not resolved"
    needed = needed_s(estimate, floor, spent_s) if trusted and verdict == "not resolved" else None
    more = needed is not None and within is not None and within.half_width < estimate.half_width / 2
    # Too few pairs have no interval at this level: what they span would be taken for one.
    low, high = (estimate.low, estimate.high) if estimate.bounded else (estimate.value, estimate.value)
    return Ratio(
        ratio=exp(estimate.value),
        low=exp(low),
        high=exp(high),
        verdict=verdict,
        pairs=pairs,
        floor=floor,
        needed_s=None if more else needed,
        needed_processes=_possible(processes * needed / spent_s) if more and needed and spent_s else None,
        trusted=trusted,
    )


def _possible(processes: float) -> int | None:
    """So many processes of each model; None where no budget can be divided among them."""
    return ceil(processes) if processes <= MOST_PROCESSES else None


def needed_s(estimate: Estimate, floor: float | None, spent_s: float) -> float | None:
    """Budget in seconds after which half the interval, and the floor, would be below the deviation seen.

    Both shrink with the square root of the time. A fifth is added, since the deviation is itself uncertain;
    None beyond a hundred times what was spent: for practical purposes the two are equal.
    """
    deviation = abs(estimate.value)
    width = max(estimate.half_width, log(1 + (floor or 0.0)))
    if not estimate.bounded or not deviation or width > deviation * REASONABLE**0.5:
        return None
    return spent_s * max(1.2 * (width / deviation) ** 2, 1.2)
