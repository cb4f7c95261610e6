from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

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


@pytest.mark.parametrize("models", range(1, 9))
@pytest.mark.parametrize("seed", range(3))
def test_every_block_treats_all_models_alike(models: int, seed: int) -> None:
    rounds = orders(models, seed)
    for _ in range(4):
        block = list(islice(rounds, 2 * models))
        turns = [model for order in block for model in order]
        assert set(Counter(place for order in block for place in enumerate(order)).values()) == {2}
        within = Counter(pair for order in block for pair in pairwise(order))
        assert len(within) == models * (models - 1)  # each comes after each other
        assert set(within.values()) <= {2}  # equally often
        itself = [model for model, following in pairwise(turns) if model == following]
        assert sorted(itself) == (list(range(models)) if models > 1 else [0])  # once, at its mirror image


def test_no_model_comes_after_itself_but_at_a_mirror_image() -> None:
    for models in (2, 3, 6):
        rounds = list(islice(orders(models, seed=0), 200))
        assert all(first[-1] != second[0] for first, second in zip(rounds[1::2], rounds[2::2], strict=False))


def test_blocks_are_random() -> None:
    rounds = orders(4, seed=0)
    blocks = {tuple(islice(rounds, 8)) for _ in range(60)}
    assert len(blocks) > 20  # of 24


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
