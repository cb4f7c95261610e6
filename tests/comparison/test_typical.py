"""Intervals from rounds drawn anew hold the truth as often as they say."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest

from cnnprof.comparison.typical import LEAST_ROUNDS, Typical, amount, draw_rounds, tail_of
from cnnprof.records.explanation import TimedNetwork


def network(rng: np.random.Generator, seconds: float, rounds: int, alike: float) -> TimedNetwork:
    """One call a round: 2% noise, every tenth a fifth slower, and a drift of which a round takes on a share."""
    drift = np.zeros(rounds)
    for number in range(rounds):
        drift[number] = alike * drift[number - 1] * (number > 0) + rng.normal(0, 0.01)
    slow = np.where(rng.random(rounds) < 0.1, 1.2, 1.0)
    calls = tuple(seconds * rng.lognormal(0, 0.02, rounds) * slow * np.exp(drift))
    return TimedNetwork("net", 1, 1, calls, (*range(rounds),), calls, (*range(rounds),), ())


def middle(rng: np.random.Generator, seconds: float, alike: float) -> float:
    """What the mean over the middle half comes to in the long run."""
    many, spread = 200_000, 0.01 / np.sqrt(1 - alike**2)
    slow = np.where(rng.random(many) < 0.1, 1.2, 1.0)
    calls = np.sort(seconds * rng.lognormal(0, 0.02, many) * slow * np.exp(rng.normal(0, spread, many)))
    return float(calls[many // 4 : -many // 4].mean())


@pytest.mark.parametrize(("rounds", "alike"), [(8, 0.0), (12, 0.5), (30, 0.5), (60, 0.0)])
def test_intervals_hold_the_truth_as_often_as_they_say(rounds: int, alike: float) -> None:
    rng = np.random.default_rng(rounds)
    truth = middle(rng, 15.0, alike) - middle(rng, 10.0, alike)
    draws, held = draw_rounds(rounds), []
    for _ in range(200):
        first, second = (
            Typical(network(rng, seconds, rounds, alike), range(rounds), draws) for seconds in (10.0, 15.0)
        )
        gap = amount(second.call - first.call, tail_of(rounds))
        assert gap.low is not None
        assert gap.high is not None
        held.append(gap.low <= truth <= gap.high)
    assert 0.91 <= fmean(held) <= 0.995  # of 200, 95% is 92 to 98%; the middle 95% of draws held 87 to 93%


def test_fewer_runs_leave_out_fewer_draws() -> None:
    assert tail_of(LEAST_ROUNDS - 1) is None
    tails = [tail_of(rounds) or 0.0 for rounds in (LEAST_ROUNDS, 20, 60, 400, 100_000)]
    assert tails == sorted(tails)
    assert 0 < tails[0] < 0.01
    assert tails[-1] == pytest.approx(0.025, rel=0.01)
