"""Rank correlations: against arithmetic written out, and against scipy."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
from scipy.stats import kendalltau, spearmanr

from cnnprof.comparison.correlation import correlations, rank_correlations
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Correlation
from tests.comparison.builders import profile


def by_column(profiles: list[Profile]) -> dict[str, Correlation]:
    return {one.column: one for one in correlations(profiles)}


def test_written_out() -> None:
    # Ranks of macs 1 2 3 4 5, of latency 1 3 2 4 5.
    # Spearman: 1 - 6 * (0 + 1 + 1 + 0 + 0) / (5 * (25 - 1)) = 0.9.
    # Kendall: of 10 pairs 9 agree and 1 does not: (9 - 1) / 10 = 0.8.
    # Memory access runs exactly against the clock but for one swap; params are all alike and order nothing.
    macs, seconds, memory = (10, 20, 30, 40, 50), (0.1, 0.3, 0.2, 0.4, 0.5), (9, 7, 8, 6, 5)
    found = by_column([profile(f"net{k}", macs[k], seconds[k], memory_bytes=memory[k]) for k in range(5)])
    assert found["macs"].rho == pytest.approx(0.9)
    assert found["macs"].tau == pytest.approx(0.8)
    assert (found["flops"].rho, found["flops"].tau) == (found["macs"].rho, found["macs"].tau)
    assert found["memory_bytes"].rho == found["memory_bytes"].tau == pytest.approx(-1.0)
    assert set(found) == {"macs", "flops", "memory_bytes"}
    assert {one.models for one in found.values()} == {5}


def test_ties_written_out() -> None:
    # Counts 1 2 2 4 5 have mean ranks 1 2.5 2.5 4 5; latencies rank 1 3 2 5 4. Deviations from 3:
    # (-2, -0.5, -0.5, 1, 2) . (-2, 0, -1, 2, 1) = 8.5; squares 9.5 and 10.
    # tau-b: of 10 pairs 1 is tied in the counts, 1 runs the other way (the last two), 8 agree: (8 - 1) / sqrt(9 * 10).
    (found,) = rank_correlations({"macs": (1, 2, 2, 4, 5)}, (0.1, 0.3, 0.2, 0.5, 0.4))
    assert found.rho == pytest.approx(8.5 / sqrt(9.5 * 10))
    assert found.tau == pytest.approx(7 / sqrt(9 * 10))


COUNTS = (141, 145, 301, 314, 349, 1814, 569, 41, 219, 90, 90, 405)
TIMES = (23.4, 15.3, 17.2, 17.1, 15.4, 44.2, 24.8, 8.9, 14.7, 30.1, 7.7, 15.4)


def test_equal_to_scipy_s() -> None:
    (found,) = rank_correlations({"macs": COUNTS}, TIMES)
    assert found.rho == spearmanr(COUNTS, TIMES).statistic
    assert found.tau == kendalltau(COUNTS, TIMES).statistic


def test_fewer_than_five_timed_models_have_none() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(4)]
    assert correlations(timed) == ()
    assert correlations([*timed, profile("counted", 99)]) == ()
    assert correlations([]) == ()


def test_untimed_models_are_left_out() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(5)]
    macs = by_column([profile("counted", 99), *timed])["macs"]
    assert macs.rho == pytest.approx(1.0)
    assert macs.models == 5


def test_latencies_that_do_not_compare_do_not_mix() -> None:
    timed = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(5)]
    assert correlations([*timed, profile("other", 70, 0.9, threads=4)]) == ()


def test_equal_latencies_order_nothing() -> None:
    assert correlations([profile(f"net{k}", 10 * k + 1, 0.1) for k in range(6)]) == ()


def test_each_runtime_has_its_own() -> None:
    eager = [profile(f"net{k}", 10 * k + 1, 0.1 * k + 0.1) for k in range(5)]
    other = [profile(f"net{k}", 10 * k + 1, 0.9 - 0.1 * k) for k in range(5)]
    other = [replace(one, request=replace(one.request, runtime="onnxruntime")) for one in other]
    found = {one.runtime: one.rho for one in correlations([*eager, *other]) if one.column == "macs"}
    assert found == {"eager": pytest.approx(1.0), "onnxruntime": pytest.approx(-1.0)}
