from __future__ import annotations

import random
from math import log
from statistics import fmean, stdev

import pytest

from cnnprof.measure.samples import gather
from cnnprof.measure.statistics.disturbance import CAUSES, disturbed_rounds, held_down, own_waiting, remedy
from cnnprof.measure.statistics.medians import centre_estimate
from cnnprof.measure.statistics.ratio import log_ratios
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Turn, Witness


def turns(number: int, witness: Witness, seconds: float = 0.1) -> list[Turn]:
    """A round of two models, 0.2 s in all; the witness speaks of the second turn."""
    return [Turn(number, 0, (seconds,), Witness()), Turn(number, 1, (seconds / 2, seconds / 2), witness)]


@pytest.mark.parametrize(
    ("witness", "reason"),
    [
        (Witness(), ""),
        (Witness(stolen_s=0.01), ""),  # one tick
        (Witness(stolen_s=0.03), "stolen"),
        (Witness(throttled_s=0.001), ""),
        (Witness(throttled_s=0.003), "throttled"),
        (Witness(waited_s=0.009), ""),
        (Witness(waited_s=0.011), "waited"),
        (Witness(waited_s=0.011, foreign_s=0.011), "waited"),
        (Witness(waited_s=0.001, foreign_s=5.0), ""),  # busy cores that we had no use for
        (Witness(foreign_s=0.049), ""),
        (Witness(foreign_s=0.051), "foreign"),
        (Witness(switches=10_000), ""),
    ],
)
def test_only_a_witness_drops_a_round(witness: Witness, reason: str) -> None:
    assert disturbed_rounds(turns(7, witness)) == ({7: reason} if reason else {})


def test_limits_grow_with_threads_and_cores() -> None:
    """A sum over sixteen threads, or cores, is eight times that of two where each is as quiet."""
    assert disturbed_rounds(turns(0, Witness(waited_s=0.04, threads=16))) == {}
    assert disturbed_rounds(turns(0, Witness(waited_s=0.04, threads=2))) == {0: "waited"}
    assert disturbed_rounds(turns(0, Witness(waited_s=0.09, threads=16))) == {0: "waited"}
    assert disturbed_rounds(turns(0, Witness(stolen_s=0.1, cores=16))) == {}
    assert disturbed_rounds(turns(0, Witness(stolen_s=0.1, cores=2, threads=16))) == {0: "stolen"}
    assert not own_waiting(turns(0, Witness(waited_s=0.04, foreign_s=0.0, threads=16)))
    assert own_waiting(turns(0, Witness(waited_s=0.4, foreign_s=0.0, threads=1, cores=1)))


def test_slow_rounds_stay() -> None:
    quiet = Witness(stolen_s=0.0, foreign_s=0.0, switches=0, throttled_s=0.0, waited_s=0.0)
    both = [*turns(0, quiet), *turns(1, quiet, seconds=50.0)]
    assert disturbed_rounds(both) == {}


def test_threads_that_wait_for_each_other_are_not_a_neighbour() -> None:
    # Four threads on two cores wait as long as they run, and nobody else is there.
    crowded = turns(0, Witness(waited_s=0.4, foreign_s=0.01))
    assert own_waiting(crowded)
    assert disturbed_rounds(crowded) == {}
    assert not own_waiting(turns(0, Witness(waited_s=0.4, foreign_s=0.3)))
    assert not own_waiting(turns(0, Witness(waited_s=0.001, foreign_s=0.0)))
    assert not own_waiting(turns(0, Witness(waited_s=0.4)))


def test_no_call_of_a_held_up_model_counts_for_longer_than_half_of_them() -> None:
    calls = [(9.0, 0.02), (9.0, 0.6), (9.0, 0.03), (9.0, 0.04), (9.0, 0.2)]
    given = [Turn(number, 0, both, Witness(), lead_in=True) for number, both in enumerate(calls)]
    held = held_down(given)
    assert [turn.counted for turn in held] == [(0.02,), (0.04,), (0.03,), (0.04,), (0.04,)]
    assert [turn.round for turn in held] == [0, 1, 2, 3, 4]
    assert held_down([]) == []


def interrupted(seconds: float, rng: random.Random) -> list[Turn]:
    """Turns beside a neighbour that holds most calls up a little, and some by ten times their own length."""
    calls = [seconds * (1 + 0.1 * rng.random() + (rng.random() < 0.2) * 10 * rng.random()) for _ in range(18)]
    return [Turn(number, 0, (call,), Witness(waited_s=call)) for number, call in enumerate(calls)]


def test_the_ratio_beside_a_neighbour_follows_the_calls_that_were_hardly_held_up() -> None:
    held, plain = [], []
    for seed in range(40):
        rng = random.Random(seed)
        lanes = [interrupted(0.040, rng), interrupted(0.044, rng)]
        samples = gather(lanes, [Warmup(1, 0.1, 0.1, 0.04, True)] * 2, baseline=0, has_twin=False)
        assert not samples.trusted
        held.append(samples.ratio(1, 0).value)
        plain.append(centre_estimate(log_ratios(lanes[1], lanes[0])).value)
    assert fmean(held) == pytest.approx(log(1.1), abs=0.02)
    assert stdev(held) < stdev(plain) / 2


def test_what_cannot_be_followed_is_no_remedy() -> None:
    assert remedy(CAUSES["throttled"], 2) == "use fewer --threads"
    assert remedy(CAUSES["throttled"], 1) == "ask for a larger quota"
    assert remedy(CAUSES["waited"], 1) == "close those processes"
    assert remedy(CAUSES["stolen"], 1) == "try again later"
