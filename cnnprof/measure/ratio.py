"""Time of one model over time of another, from turns of one round, and whether the difference is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, expm1, log
from statistics import median

from cnnprof.measure.statistics import Estimate
from cnnprof.records.timing import Ratio, Turn

MIN_PAIRS = 6  # the fewest for which a 95% signed-rank interval exists: 2/2^6 = 3%
REASONABLE = 100.0


def log_ratios(turns: Sequence[Turn], base: Sequence[Turn]) -> list[float]:
    """One log ratio of median times for each round in which both models ran, in order."""
    of_base: Mapping[int, Turn] = {turn.round: turn for turn in base}
    return [
        log(median(turn.counted) / median(of_base[turn.round].counted))
        for turn in turns
        if turn.round in of_base
    ]


def noise_floor(twin: Estimate | None) -> float | None:
    """The smallest deviation from 1 that stands out from a model compared with itself.

    It is the far end of the twin's interval: both what chance leaves open and what two instances of one
    network really differ by (where their weights lie in memory). None without a twin or with too few pairs.
    """
    if twin is None or not twin.bounded:
        return None
    return expm1(max(abs(twin.low), abs(twin.high)))


def judge(estimate: Estimate, floor: float | None) -> str:
    """``faster`` or ``slower`` where the interval excludes 1 and the ratio lies beyond the floor."""
    if not estimate.bounded or estimate.low <= 0 <= estimate.high:
        return "not resolved"
    if floor is not None and expm1(abs(estimate.value)) <= floor:
        return "not resolved"
    return "faster" if estimate.value < 0 else "slower"


def to_ratio(estimate: Estimate, pairs: int, floor: float | None, *, trusted: bool, spent_s: float) -> Ratio:
    """The record of a pair. Without ``trusted`` rounds nothing is resolved, and no budget is said to help."""
    verdict = judge(estimate, floor) if trusted else "not resolved"
    needed = needed_s(estimate, floor, spent_s) if trusted and verdict == "not resolved" else None
    return Ratio(
        ratio=exp(estimate.value),
        low=exp(estimate.low),
        high=exp(estimate.high),
        verdict=verdict,
        pairs=pairs,
        floor=floor,
        needed_s=needed,
    )


def needed_s(estimate: Estimate, floor: float | None, spent_s: float) -> float | None:
    """Budget in seconds after which half the interval, and the floor, would be below the deviation seen.

    Both shrink with the square root of the time. A fifth is added, since the deviation is itself uncertain;
    None beyond a hundred times what was spent: for practical purposes the two are equal.
    """
    deviation = abs(estimate.value)
    width = max(estimate.half_width, log(1 + (floor or 0.0)))
    if not estimate.bounded or width > deviation * REASONABLE**0.5:
        return None
    return spent_s * max(1.2 * (width / deviation) ** 2, 1.2)
