from __future__ import annotations

from math import exp

import pytest

from cnnprof.measure.fake import (
    FakeClock,
    FakeSession,
    FakeWitness,
    Neighbour,
    beside,
    constant,
    drifting,
    first_calls,
    noisy,
    outliers,
)


def test_calls_move_the_clock() -> None:
    clock = FakeClock()
    assert FakeSession(clock, constant(0.5), overhead_s=0.25).time(2) == [0.5, 0.5]
    assert clock.now() == 1.5


def test_latency_follows_time_and_number() -> None:
    clock = FakeClock()
    assert FakeSession(clock, first_calls(constant(1.0), 2, 3.0)).time(3) == [3.0, 3.0, 1.0]
    # A quarter of the period: sin(pi / 2) = 1.
    swinging = FakeSession(FakeClock(2.5), drifting(constant(1.0), amplitude=0.1, period_s=10.0))
    assert swinging.time(1) == [pytest.approx(exp(0.1))]


def test_chance_is_seeded() -> None:
    latency = outliers(noisy(constant(1.0), 0.1), share=0.5, factor=10.0)
    first, same, other = (FakeSession(FakeClock(), latency, seed).time(20) for seed in (1, 1, 2))
    assert first == same != other
    assert 2 < sum(seconds > 5 for seconds in first) < 18


def test_a_neighbour_slows_and_is_witnessed() -> None:
    clock = FakeClock()
    neighbour = Neighbour(start_s=1.0, end_s=3.0, factor=2.0)
    session, witness = FakeSession(clock, beside(constant(1.0), neighbour)), FakeWitness(clock, (neighbour,))
    assert session.time(3) == [1.0, 2.0, 1.0]
    assert (witness.read().waited_s, witness.read().foreign_s) == (2.0, 2.0)
