from __future__ import annotations

import pytest

from cnnprof.measure.fake import FakeClock, FakeSession, Latency, constant, drifting, first_calls, noisy
from cnnprof.measure.warmup import Warmup, agree, warm_up


def warmed(latency: Latency, allowance_s: float = 2.0, start_s: float = 5.0) -> tuple[Warmup, FakeClock]:
    clock = FakeClock(start_s)
    return warm_up(FakeSession(clock, latency, seed=1), clock, allowance_s), clock


def test_a_steady_model_needs_a_few_windows() -> None:
    found, clock = warmed(constant(0.010))
    # 1 first call, then one alone because the first says little, then windows of 5.
    assert found.steady
    assert found.calls <= 12
    assert found.seconds == pytest.approx(0.010 * found.calls)
    assert clock.now() == pytest.approx(5.0 + found.seconds)
    assert [found.first_call_s, found.fastest_s] == pytest.approx([0.010, 0.010])


def test_slow_first_calls_are_passed() -> None:
    # Calls 0 to 13 fall from 30 to 11 ms, as caches fill and clocks rise.
    found, _ = warmed(lambda now, call, chance: 0.010 * (1 + 2 * 0.8**call if call < 14 else 1.0))
    assert found.steady
    assert found.calls >= 14 + 5
    assert [found.first_call_s, found.fastest_s] == pytest.approx([0.030, 0.010])


def test_a_single_slow_call_delays_little() -> None:
    found, _ = warmed(first_calls(noisy(constant(0.010), 0.005), calls=1, factor=100.0))
    assert found.steady
    assert found.calls <= 22


def test_one_that_never_rests_ends_with_its_allowance() -> None:
    found, _ = warmed(drifting(constant(0.010), amplitude=4.0, period_s=40.0), allowance_s=1.0)
    assert not found.steady
    assert found.seconds < 1.0 + 0.1


@pytest.mark.parametrize(("latency", "calls"), [(3.0, 1), (0.9, 2)])
def test_a_slow_model_is_called_no_more_than_it_may(latency: float, calls: int) -> None:
    found, _ = warmed(constant(latency), allowance_s=2.0)
    assert (found.calls, found.steady) == (calls, False)


def test_a_fast_model_is_called_for_some_time() -> None:
    found, _ = warmed(constant(1e-5))
    assert found.calls >= 2 * 2000  # two windows of 20 ms


def test_windows_agree_within_two_percent_or_their_scatter() -> None:
    assert agree([1.0] * 5, [1.0199] * 5)
    assert not agree([1.0] * 5, [1.03] * 5)
    # MAD 0.05 in both: 2 * 1.86 * 0.05 / sqrt(5) = 0.083.
    assert agree([0.95, 0.95, 1.0, 1.05, 1.05], [1.03, 1.03, 1.08, 1.13, 1.13])
    assert not agree([0.95, 0.95, 1.0, 1.05, 1.05], [1.04, 1.04, 1.09, 1.14, 1.14])
