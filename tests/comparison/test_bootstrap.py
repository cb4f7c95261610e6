"""Intervals over resampled models: the same every time, and what scipy's own bootstrap finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap, kendalltau, spearmanr

from cnnprof.comparison.bootstrap import RESAMPLES, SEED, bootstrap_intervals
from tests.comparison.test_correlation import COUNTS, TIMES


@pytest.mark.parametrize(("which", "statistic"), [(0, spearmanr), (1, kendalltau)])
def test_every_draw_is_scipy_s_correlation(which: int, statistic: Any) -> None:
    draws = np.random.default_rng(SEED).integers(0, len(TIMES), (RESAMPLES, len(TIMES)))
    counts, times = np.asarray(COUNTS, dtype=float), np.asarray(TIMES)
    every = [statistic(counts[draw], times[draw]).statistic for draw in draws]
    (found,) = bootstrap_intervals([COUNTS], TIMES)
    assert found[which] == pytest.approx(tuple(np.percentile(every, [2.5, 97.5])))


def test_close_to_scipy_s_bootstrap() -> None:
    def rho(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        return float(spearmanr(x, y).statistic)

    theirs = bootstrap(
        (np.asarray(COUNTS, dtype=float), np.asarray(TIMES)),
        rho,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=1000,
        random_state=np.random.default_rng(5),
    ).confidence_interval
    ((ours, _),) = bootstrap_intervals([COUNTS], TIMES)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.06)


def test_the_same_every_time_and_whatever_stands_beside_it() -> None:
    alone = bootstrap_intervals([COUNTS], TIMES)
    assert alone == bootstrap_intervals([COUNTS], TIMES)
    assert bootstrap_intervals([TIMES, COUNTS], TIMES)[1] == alone[0]


@pytest.mark.parametrize("column", [range(8), range(8, 0, -1)])
def test_a_perfect_order_stays_perfect_in_every_draw_and_has_no_interval(column: range) -> None:
    assert bootstrap_intervals([column], range(8)) == [(None, None)]


def test_no_interval_where_most_draws_order_nothing() -> None:
    # Of five models four have one count: (4/5)^5 = 33 % of the draws miss the fifth, and are all alike.
    assert bootstrap_intervals([(1, 1, 1, 1, 2)], (1, 2, 3, 4, 5)) == [(None, None)]
