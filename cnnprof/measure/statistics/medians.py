"""Medians with intervals that stay honest when samples depend on each other, as consecutive timings do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import fmean, median, pvariance

Z = 1.959964  # 95%, two-sided
P90_SAMPLES = 50
FEW = 100  # values whose pairs are sorted faster than searched


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95% interval. ``bounded``: the samples are enough for an interval at that level."""

    value: float
    low: float
    high: float
    bounded: bool

    @property
    def half_width(self) -> float:
        """Half the interval's length, in the value's unit."""
        return (self.high - self.low) / 2


def median_estimate(groups: Sequence[Sequence[float]]) -> Estimate:
    """Median of all samples with its order-statistic interval; ``groups`` are turns, in the order they ran.

    The ranks n/2 +- (1/2 + z n se) hold for any distribution (Conover, Practical Nonparametric Statistics,
    3.2), where se is the standard error of the share of samples above the median: sqrt(1/4n) for independent
    samples. Calls of a turn resemble each other and so do neighbouring turns, so se is taken from the turns'
    shares (Heidelberger and Lewis 1984, Quantile estimation in dependent sequences) wherever that is larger.
    """
    ordered = sorted(value for group in groups for value in group)
    count = len(ordered)
    centre = median(ordered)
    shares = [fmean((value > centre) + 0.5 * (value == centre) for value in group) for group in groups]
    spread = pvariance(shares) * dependence(shares)
    error = sqrt(max(0.25 / count, spread / len(shares)))
    rank = floor(count / 2 - 0.5 - Z * count * error)  # how many samples lie outside at each end
    outside = max(0, rank)
    return Estimate(centre, ordered[outside], ordered[count - 1 - outside], rank >= 0)


def centre_estimate(values: Sequence[float]) -> Estimate:
    """Hodges-Lehmann centre with its signed-rank interval; ``values`` in the order they were taken.

    The centre is the median of all means of two values (Hodges and Lehmann 1963): the median of a symmetric
    distribution, with 95% of the mean's precision under normal noise where the plain median has 64%, and
    hardly moved by outliers. The interval inverts Wilcoxon's signed-rank test, its variance n(n+1)(2n+1)/24
    enlarged by the dependence of the values' signed ranks.
    """
    ordered = sorted(values)
    count = len(ordered)
    pairs = count * (count + 1) // 2
    mean_at = _pair_means(ordered)
    centre = (mean_at((pairs + 1) // 2) + mean_at(pairs // 2 + 1)) / 2
    enlarged = dependence(signed_ranks([value - centre for value in values]))
    rank = floor(pairs / 2 - 0.5 - Z * sqrt(count * (count + 1) * (2 * count + 1) / 24 * enlarged))
    outside = max(0, rank)
    low, high = mean_at(outside + 1), mean_at(pairs - outside)
    return Estimate(centre, min(low, centre), max(high, centre), rank >= 0)


def p90(samples: Sequence[float]) -> float | None:
    """The smallest sample that at least 90% do not exceed; None below 50 samples: it would be a guess."""
    if len(samples) < P90_SAMPLES:
        return None
    return sorted(samples)[ceil(0.9 * len(samples)) - 1]


def long_run_variance(values: Sequence[float]) -> float:
    """Variance of the mean times the number of values, allowing for dependence between neighbours.

    Newey and West 1987: autocovariances up to lag n^(1/3), with falling weights.
    """
    count = len(values)
    mean = fmean(values)
    centred = [value - mean for value in values]
    lags = round(count ** (1 / 3)) if count > 3 else 0
    total = _autocovariance(centred, 0)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * _autocovariance(centred, lag)
    return max(total, 0.0)


def dependence(values: Sequence[float]) -> float:
    """By how much dependence enlarges the variance of the mean; at least 1, lest chance narrow it."""
    mean = fmean(values)
    variance = _autocovariance([value - mean for value in values], 0)
    return max(1.0, long_run_variance(values) / variance) if variance > 0 else 1.0


def signed_ranks(values: Sequence[float]) -> list[float]:
    """Rank of each value's size among all, with the value's sign."""
    order = sorted(range(len(values)), key=lambda index: abs(values[index]))
    ranks = [0.0] * len(values)
    for rank, index in enumerate(order, start=1):
        ranks[index] = rank * ((values[index] > 0) - (values[index] < 0))
    return ranks


def _autocovariance(centred: Sequence[float], lag: int) -> float:
    return sum(a * b for a, b in zip(centred, centred[lag:], strict=False)) / len(centred)


def _pair_means(ordered: Sequence[float]) -> Callable[[int], float]:
    """What gives the ``rank``-th smallest (from 1) of all means of two values, each value with itself included."""
    if len(ordered) > FEW:
        return lambda rank: _pair_mean(ordered, rank)
    means = sorted([(a + b) / 2 for place, a in enumerate(ordered) for b in ordered[place:]])
    return lambda rank: means[rank - 1]


def _pair_mean(ordered: Sequence[float], rank: int) -> float:
    """Found by halving the range (to 2e-13 of it): the number of pairs grows with the square of the values."""
    low, high = ordered[0], ordered[-1]
    for _ in range(42):
        middle = (low + high) / 2
        if _pairs_up_to(ordered, middle) >= rank:
            high = middle
        else:
            low = middle
    return high


def _pairs_up_to(ordered: Sequence[float], mean: float) -> int:
    """How many pairs (i <= j) of ``ordered`` have a mean of at most ``mean``; one pass from both ends."""
    pairs, right = 0, len(ordered) - 1
    for left, value in enumerate(ordered):
        while right >= left and value + ordered[right] > 2 * mean:
            right -= 1
        if right < left:
            break
        pairs += right - left + 1
    return pairs
