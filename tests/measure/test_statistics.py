"""Estimates against written-out arithmetic, scipy's tests, and the coverage they claim."""

from __future__ import annotations

import math
import random
from itertools import combinations_with_replacement
from statistics import fmean, median

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnprof.measure.statistics.medians import (
    FEW,
    centre_estimate,
    dependence,
    long_run_variance,
    median_estimate,
    p90,
    signed_ranks,
)

VALUES = st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=1, max_size=30)


def singles(values: list[float]) -> list[list[float]]:
    return [[value] for value in values]


def pair_means(values: list[float]) -> list[float]:
    return sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))


def independent(count: int) -> list[float]:
    """Values without any dependence that would widen an interval."""
    chance = random.Random(count)
    while True:
        values = [chance.gauss(0, 1) for _ in range(count)]
        centre = centre_estimate(values).value
        if dependence(signed_ranks([value - centre for value in values])) == 1.0:
            return values


def test_centre_is_the_median_of_pair_means() -> None:
    # Pairs of (1, 2, 10): 1, 1.5, 2, 5.5, 6, 10; the middle two are 2 and 5.5.
    assert centre_estimate([1.0, 10.0, 2.0]).value == pytest.approx(3.75)


@given(VALUES)
def test_centre_matches_all_pairs_written_out(values: list[float]) -> None:
    found = centre_estimate(values)
    assert found.value == pytest.approx(median(pair_means(values)), abs=1e-9)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_few_pairs_are_sorted_and_many_searched(count: int) -> None:
    values = independent(count)
    found, means = centre_estimate(values), pair_means(values)
    assert found.value == pytest.approx(median(means), abs=1e-9)
    outside = sum(mean < found.low - 1e-9 for mean in means)
    assert outside == sum(mean > found.high + 1e-9 for mean in means) > 0
    assert found.low == pytest.approx(means[outside], abs=1e-9)


@pytest.mark.parametrize(("count", "outside"), [(6, 0), (12, 13), (25, 89)])
def test_centre_interval_is_wilcoxons(count: int, outside: int) -> None:
    """The tables' critical values at 5%, two-sided: so many pair means lie outside at each end."""
    values = independent(count)
    centre = centre_estimate(values)
    means = pair_means(values)
    assert centre.low == pytest.approx(means[outside])
    assert centre.high == pytest.approx(means[-1 - outside])


def test_centre_interval_inverts_the_signed_rank_test() -> None:
    """Just inside the interval a shift is not rejected at 5%, just outside it is (scipy's exact test)."""
    values = independent(12)
    found = centre_estimate(values)
    for bound, inward in ((found.low, 1e-6), (found.high, -1e-6)):
        inside = scipy.stats.wilcoxon([value - bound - inward for value in values], method="exact")
        outside = scipy.stats.wilcoxon([value - bound + inward for value in values], method="exact")
        assert outside.pvalue <= 0.05 < inside.pvalue


@pytest.mark.parametrize(("count", "bounded"), [(1, False), (5, False), (6, True), (30, True)])
def test_an_interval_needs_six_pairs(count: int, bounded: bool) -> None:
    # The most extreme of 2^n outcomes of signs, on both sides: 2/2^5 = 6% misses 95%, 2/2^6 = 3% does not.
    values = [(-1.0) ** index * (1 + index / 10) for index in range(count)]
    assert centre_estimate(values).bounded is bounded


def test_median_interval_is_the_binomial_one() -> None:
    # Neighbours alternate, so that nothing but chance is left: 50 - 1/2 - 1.96 * sqrt(100) / 2 = 39.7 lie outside.
    values = [float(v) for pair in zip(range(50), range(99, 49, -1), strict=True) for v in pair]
    found = median_estimate(singles(values))
    assert (found.value, found.low, found.high) == (49.5, 39.0, 60.0)
    assert 2 * scipy.stats.binom.cdf(39, 100, 0.5) < 0.05 < 2 * scipy.stats.binom.cdf(40, 100, 0.5)


def test_calls_that_repeat_each_other_do_not_narrow_the_interval() -> None:
    chance = random.Random(1)
    values = [chance.gauss(0, 1) for _ in range(40)]
    once = median_estimate(singles(values))
    tenfold = median_estimate([[value] * 10 for value in values])
    assert tenfold.half_width == pytest.approx(once.half_width, rel=0.4)  # ten times the samples: not a third


def test_long_run_variance_written_out() -> None:
    # (1, 2, 3, 4): deviations -1.5 -0.5 0.5 1.5; autocovariances 5/4, 1.25/4, -1.5/4; lags up to 4^(1/3) = 2.
    expected = 1.25 + 2 * (2 / 3) * 0.3125 + 2 * (1 / 3) * -0.375
    assert long_run_variance([1.0, 2.0, 3.0, 4.0]) == pytest.approx(expected)


def test_dependence_is_never_below_one() -> None:
    assert dependence([1.0, -1.0] * 20) == 1.0
    assert dependence([1.0] * 5) == 1.0
    assert dependence([float(index // 10) for index in range(40)]) > 2


def test_signed_ranks_written_out() -> None:
    assert signed_ranks([0.5, -2.0, 0.0, 1.0]) == [2.0, -4.0, 0.0, 3.0]


def test_p90_needs_fifty_samples() -> None:
    assert p90([1.0] * 49) is None
    assert p90([float(v) for v in range(1, 51)]) == 45.0
    assert p90([float(v) for v in range(1, 101)]) == 90.0


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=5), min_size=1, max_size=12))
def test_estimates_of_the_negated_values_are_the_estimates_turned_round(turns: list[list[int]]) -> None:
    """However many are alike: no side of the middle counts more than the other."""
    groups = [[float(value) for value in turn] for turn in turns]
    values = [value for group in groups for value in group]
    for there, back in (
        (median_estimate(groups), median_estimate([[-value for value in group] for group in groups])),
        (centre_estimate(values), centre_estimate([-value for value in values])),
    ):
        assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
        assert there.bounded is back.bounded


@given(VALUES)
@settings(max_examples=50)
def test_estimates_do_not_depend_on_the_unit(values: list[float]) -> None:
    seconds, thousandths = (
        median_estimate(singles(values)),
        median_estimate(singles([1e3 * v for v in values])),
    )
    assert thousandths.value == pytest.approx(1e3 * seconds.value, abs=1e-6)
    assert seconds.low <= seconds.value <= seconds.high


def ar1(chance: random.Random, count: int, phi: float, tail: float) -> list[float]:
    value, values = 0.0, []
    for _ in range(count):
        scale = tail if chance.random() < 0.05 else 1.0
        value = phi * value + chance.gauss(0, scale)
        values.append(value)
    return values


@pytest.mark.parametrize(
    ("count", "phi", "tail", "least"),
    [(12, 0.0, 1.0, 0.91), (40, 0.0, 1.0, 0.93), (40, 0.0, 10.0, 0.93), (120, 0.5, 1.0, 0.88)],
)
def test_coverage(count: int, phi: float, tail: float, least: float) -> None:
    """95% is claimed; 300 runs leave 2.5% to chance, and strong dependence a little less than is claimed."""
    chance = random.Random(count)
    runs = [ar1(chance, count, phi, tail) for _ in range(300)]
    for estimates in (map(centre_estimate, runs), map(median_estimate, map(singles, runs))):
        assert fmean(found.low <= 0 <= found.high for found in estimates) >= least


def test_the_centre_is_surer_than_the_median_and_outliers_hardly_move_it() -> None:
    chance = random.Random(3)
    runs = [ar1(chance, 40, 0.0, 1.0) for _ in range(200)]
    spread = math.sqrt(fmean(centre_estimate(run).value ** 2 for run in runs))
    assert spread < 0.9 * math.sqrt(fmean(median(run) ** 2 for run in runs))
    shifted = [abs(centre_estimate([*run, 1e6]).value - centre_estimate(run).value) for run in runs]
    assert max(shifted) < 0.2
