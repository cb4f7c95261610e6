from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from cnnprof.measure.schedule import calls_per_turn, orders


def test_every_second_round_mirrors_the_one_before() -> None:
    rounds = list(islice(orders(4, seed=3), 20))
    assert all(later == earlier[::-1] for earlier, later in zip(rounds[::2], rounds[1::2], strict=True))
    assert all(sorted(order) == [0, 1, 2, 3] for order in rounds)


def test_mirrored_rounds_cancel_a_linear_drift() -> None:
    # Turn k of 8 is k time units late; each model's two turns of a pair of rounds are late by 7 in sum.
    for first, second in zip(*[islice(orders(4, seed=9), 40)] * 2, strict=False):
        late = Counter({model: position for position, model in enumerate(first)})
        late.update({model: 4 + position for position, model in enumerate(second)})
        assert set(late.values()) == {7}


def test_every_model_takes_every_position() -> None:
    seen = Counter(order.index(0) for order in islice(orders(3, seed=0), 300))
    assert min(seen.values()) > 60


def test_the_seed_decides_the_order() -> None:
    first, same, other = (list(islice(orders(5, seed), 30)) for seed in (1, 1, 2))
    assert first == same != other


@pytest.mark.parametrize(
    ("latencies", "remaining", "calls"),
    [
        ((0.001,), 20.0, 20),  # 20 ms of 1 ms calls
        ((0.025, 0.016), 8.0, 2),  # a turn of the faster lasts 20 ms already: one counted call
        ((0.001, 0.1), 8.0, 2),  # 40 rounds of n * 0.101 s: n = 1.98, but the first call does not count
        ((0.001, 0.009), 8.0, 20),  # n = 8 / 40 / 0.01 = 20
        ((2.0,), 1.0, 2),
        ((0.0,), 1.0, 20_000),  # not endless where a clock is too coarse to see a call
    ],
)
def test_calls_per_turn(latencies: tuple[float, ...], remaining: float, calls: int) -> None:
    assert calls_per_turn(latencies, remaining) == calls
