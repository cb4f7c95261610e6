from __future__ import annotations

import pytest

from cnnprof.comparison import correlations
from tests.comparison.builders import profile


def test_rank_correlation_written_out() -> None:
    # Ranks of macs 1 2 3 4 5, of latency 1 3 2 4 5: 1 - 6 * (0 + 1 + 1 + 0 + 0) / (5 * (25 - 1)) = 0.9.
    # Memory access runs exactly against the clock; params are all alike and order nothing.
    macs, seconds, memory = (10, 20, 30, 40, 50), (0.1, 0.3, 0.2, 0.4, 0.5), (9, 7, 8, 6, 5)
    found = correlations([profile(f"net{k}", macs[k], seconds[k], memory_bytes=memory[k]) for k in range(5)])
    assert {one.column: one.rho for one in found} == {
        "macs": pytest.approx(0.9),
        "memory_bytes": pytest.approx(-1.0),
    }
    assert {one.models for one in found} == {5}


def test_fewer_than_five_timed_models_have_none() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(4)]
    assert correlations(timed) == ()
    assert correlations([*timed, profile("counted", 99)]) == ()
    assert correlations([]) == ()


def test_untimed_models_are_left_out() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(5)]
    (macs,) = correlations([profile("counted", 99), *timed])
    assert macs.rho == pytest.approx(1.0)
    assert macs.models == 5


def test_latencies_that_do_not_compare_do_not_mix() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(5)]
    assert correlations([*timed, profile("other", 70, 0.9, threads=4)]) == ()


def test_equal_latencies_order_nothing() -> None:
    assert correlations([profile(f"net{k}", 10 * k + 1, 0.1) for k in range(6)]) == ()
