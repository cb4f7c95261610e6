from __future__ import annotations

import pytest

from cnnprof.measure.disturbance import disturbed_rounds, own_waiting
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
