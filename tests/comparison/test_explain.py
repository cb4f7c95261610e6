"""A gap taken apart: every part worked out by hand, and their sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnprof.comparison.explain import explain, layer_overhead_s
from cnnprof.comparison.quotes import quotes
from cnnprof.comparison.typical import LEAST_ROUNDS, amount, draw_rounds, shared_rounds
from cnnprof.records.ceilings import Rate
from cnnprof.records.explanation import CAUSES, Amount, Explanation, KindWork, Part, TimedNetwork
from cnnprof.records.timing import Ratio
from tests.limits import CEILINGS

ROUNDS = tuple(range(8))
SLOWER = Ratio(2.1, 2.0, 2.2, "slower", 8)
COUNTERS = Ratio(1.05, 1.04, 1.06, "slower", 8)
LIMITS = replace(CEILINGS, macs=Rate(100e9, "products"), memory=Rate(20e9, "copies"))
# A line of 1 ms at no work, and a millisecond more for each of work.
POINTS = tuple((ms / 1e3, ((1 + ms) / 1e3,) * 8) for ms in (1.0, 2.0, 4.0))


def kind(name: str, ms: float, layers: int, compute_ms: float, memory_ms: float, rounds: int = 8) -> KindWork:
    return KindWork(name, layers, 10, 20, compute_ms / 1e3, memory_ms / 1e3, (ms / 1e3,) * rounds, POINTS)


def network(model: str, plain_ms: float, *kinds: KindWork) -> TimedNetwork:
    """Eight rounds of one call each; with the counters on a call takes 1 ms more."""
    return TimedNetwork(
        model, 10, 20, (plain_ms / 1e3,) * 8, ROUNDS, (plain_ms / 1e3 + 1e-3,) * 8, ROUNDS, kinds
    )


def explained(a: TimedNetwork, b: TimedNetwork) -> Explanation:
    return explain(a, b, SLOWER, (COUNTERS, COUNTERS), LIMITS, "eager")


def ms(part: Part) -> dict[str, float]:
    return {cause: getattr(part, cause).seconds * 1e3 for cause in CAUSES}


# A: 10 ms = 2 layers x 1 ms + e x (2 + 2) ms, so e = 2; B: 21 ms = 3 x 1 ms + e x (3 + 3) ms, so e = 3
A = network("a", 12.0, kind("conv", 10.0, 2, 2.0, 2.0))
B = network("b", 24.5, kind("conv", 21.0, 3, 3.0, 3.0))


def test_one_kind_by_the_equation() -> None:
    conv = explained(A, B).parts[0]
    assert ms(conv) == pytest.approx(
        {
            "arithmetic": (2 + 3) / 2 * (3 - 2),
            "memory": (2 + 3) / 2 * (3 - 2),
            "overhead": 1 * (3 - 2),
            "efficiency": (4 + 6) / 2 * (3 - 2),
        }
    )
    assert sum(ms(conv).values()) == pytest.approx(21 - 10)
    assert conv.times == pytest.approx((0.010, 0.021))
    assert conv.layers == (2, 3)


def test_the_rest_of_the_call_is_a_part_of_its_own() -> None:
    found = explained(A, B)
    rest = found.parts[1]
    assert rest.kind == "outside layers"
    assert rest.times == pytest.approx((0.002, 0.0035))  # 12 - 10 and 24.5 - 21, without the counters
    assert ms(rest) == pytest.approx({"arithmetic": 0, "memory": 0, "overhead": 1.5, "efficiency": 0})
    assert found.scales == (1.0, 1.0)
    assert found.parts[0].layer_overhead_s == pytest.approx(0.001)


def test_parts_and_causes_add_up_to_the_gap() -> None:
    a = network("a", 20.0, kind("conv", 10.0, 2, 2.0, 2.0), kind("views", 0.5, 4, 0.0, 0.0))
    b = network("b", 30.0, kind("norm", 7.0, 5, 0.0, 1.5), kind("conv", 14.0, 9, 1.0, 4.0))
    found = explained(a, b)
    assert [part.kind for part in found.parts] == ["conv", "views", "norm", "outside layers"]
    assert sum(part.difference.seconds for part in found.parts) == pytest.approx(0.010, abs=1e-15)
    for part in (*found.parts, found.total):
        assert sum(ms(part).values()) == pytest.approx(part.difference.seconds * 1e3, abs=1e-12)
        assert part.difference.seconds == pytest.approx(part.times[1] - part.times[0], abs=1e-15)
    for cause in CAUSES:
        total = sum(getattr(part, cause).seconds for part in found.parts)
        assert total == pytest.approx(getattr(found.total, cause).seconds, abs=1e-15)


def test_the_total_has_the_work_of_the_whole_networks() -> None:
    a = network("a", 20.0, kind("conv", 10.0, 2, 2.0, 2.0), kind("views", 0.5, 4, 0.0, 0.0))
    total = explained(a, replace(B, macs=11, memory_bytes=21)).total
    assert (total.layers, total.macs, total.memory_bytes) == ((2 + 4, 3), (10, 11), (20, 21))
    assert total.times == pytest.approx((0.020, 0.0245))


def test_a_kind_that_only_one_network_has_is_all_work_and_overhead() -> None:
    b = network("b", 24.5, kind("norm", 7.0, 1, 1.0, 2.0))
    norm = explained(network("a", 12.0), b).parts[0]
    # 7 = 1 x 1 + 2 x (1 + 2): the factor of 2 is taken for both, so nothing is lost in efficiency
    assert ms(norm) == pytest.approx({"arithmetic": 2.0, "memory": 4.0, "overhead": 1.0, "efficiency": 0.0})
    back = explained(b, network("a", 12.0)).parts[0]
    assert ms(back) == pytest.approx({name: -value for name, value in ms(norm).items()})


def test_layers_without_work_are_overhead() -> None:
    a = network("a", 12.0, kind("views", 1.0, 1, 0.0, 0.0))
    b = network("b", 12.0, kind("views", 3.0, 2, 0.0, 0.0))
    assert ms(explained(a, b).parts[0])["overhead"] == pytest.approx(2.0)


def test_the_order_of_the_networks_turns_every_sign() -> None:
    there, back = explained(A, B), explained(B, A)
    for part, other in zip(there.parts, back.parts, strict=True):
        for cause in CAUSES:
            assert getattr(part, cause).seconds == pytest.approx(-getattr(other, cause).seconds)


def overhead_ms(*points_ms: tuple[float, float]) -> float:
    (found,) = layer_overhead_s([(work / 1e3, np.asarray([seconds / 1e3])) for work, seconds in points_ms])
    return 1e3 * float(found)


def test_overhead_is_where_the_line_through_the_layers_begins() -> None:
    assert overhead_ms((1, 3.5), (2, 6.5), (3, 9.5), (4, 12.5)) == pytest.approx(0.5)
    # one layer far off the line does not move it
    assert overhead_ms((1, 3.5), (2, 6.5), (3, 9.5), (4, 12.5), (5, 15.5), (2, 90)) == pytest.approx(
        0.5, abs=0.3
    )


def test_overhead_is_never_negative_nor_above_the_quickest_layer() -> None:
    assert overhead_ms((1, 1), (2, 3), (3, 5), (4, 7)) == 0.0
    assert overhead_ms((1, 4), (2, 3), (3, 2), (4, 1)) == pytest.approx(1.0)
    assert overhead_ms((1, 4), (1, 3), (2, 6)) == 0.0  # two kinds of layer make no line


def test_layers_that_counters_made_longer_than_the_call_shrink_to_fit() -> None:
    slow = network("b", 24.5, kind("conv", 28.0, 3, 3.0, 3.0), kind("norm", 7.0, 1, 0.0, 1.0))
    found = explained(A, slow)
    assert found.scales == pytest.approx((1.0, 24.5 / 35.0))
    times = {part.kind: part.times[1] for part in found.parts}
    assert times == pytest.approx({"conv": 0.028 * 0.7, "norm": 0.007 * 0.7, "outside layers": 0.0})
    assert found.total.difference.seconds == pytest.approx(0.0125)


def test_overhead_shrinks_with_the_layers_it_is_part_of() -> None:
    a, b = (network(name, ms / 2, kind("conv", ms, 3, 2.0, 2.0)) for name, ms in (("a", 10.0), ("b", 21.0)))
    found = explained(a, b)
    assert found.scales == pytest.approx((0.5, 0.5))
    assert found.parts[0].layer_overhead_s == pytest.approx(0.0005)


def test_a_gap_that_may_be_none_shows_it() -> None:
    noisy = tuple(0.0125 + 0.004 * sign for sign in (1, 1, 1, -1, -1, 1, -1, -1))
    first = quotes(explained(A, replace(B, seconds=noisy)))[0]
    low, high = first.partition("[")[2].partition("]")[0].split(", ")
    assert float(low) < 0 < float(high)
    back = quotes(explained(replace(B, seconds=noisy), A))[0]
    assert "[-" in back


def test_a_network_without_multiply_adds_is_no_measure_of_them() -> None:
    a = replace(A, macs=0)
    assert quotes(explained(a, B))[0].endswith("longer than a, 2.10x the time [2.00, 2.20].")
    assert quotes(explained(A, B))[0].endswith("2.10x the time [2.00, 2.20], at 1.00x the multiply-adds.")


def test_only_rounds_that_all_took_part_in_count() -> None:
    a = replace(A, rounds=(0, 1, 2, -1, 4, 5, 6, 7))
    b = replace(B, profiled_rounds=(0, -1, 2, 3, 4, 5, 6, 7))
    assert shared_rounds((a, b)) == [0, 2, 4, 5, 6, 7]


def test_the_middle_half_of_the_rounds_is_what_counts() -> None:
    plain = (0.1, 0.012, 0.012, 0.012, 0.012, 0.012, 0.012, 9.0)
    found = explained(replace(A, seconds=plain), B)
    assert found.latencies == pytest.approx((0.012, 0.0245))


def test_calls_of_one_round_are_averaged() -> None:
    a = replace(
        A,
        profiled=(0.011, 0.015) * 8,
        profiled_rounds=tuple(number for number in ROUNDS for _ in range(2)),
        kinds=(replace(A.kinds[0], seconds=(0.008, 0.012) * 8, points=()),),
    )
    assert explained(a, B).parts[0].times[0] == pytest.approx(0.010)


def test_intervals_hold_the_value_and_widen_with_the_noise() -> None:
    def width(noise: float) -> float:
        seconds = tuple(0.0245 + noise * (-1) ** number * (1 + number) / 8 for number in ROUNDS)
        gap = explained(A, replace(B, seconds=seconds)).total.difference
        assert gap.low is not None
        assert gap.high is not None
        assert gap.low <= gap.seconds <= gap.high
        return gap.high - gap.low

    assert 0 < width(0.001) < width(0.004)
    assert explained(A, B).total.difference.low == pytest.approx(0.0125)


def test_what_a_layer_costs_at_no_work_is_as_uncertain_as_its_rounds() -> None:
    shaken = tuple(
        (work, tuple(one + 5e-4 * (-1) ** number * (number + 1) / 8 for number, one in enumerate(seconds)))
        for work, seconds in POINTS
    )
    b = replace(B, kinds=(replace(B.kinds[0], points=shaken),))
    overhead = explained(A, b).parts[0].overhead
    assert overhead.low is not None
    assert overhead.high is not None
    assert overhead.low < overhead.seconds < overhead.high
    still = explained(A, B).parts[0].overhead
    assert still.low == still.high == pytest.approx(0.001)


def test_neighbouring_rounds_are_drawn_together() -> None:
    draws = draw_rounds(27)
    assert draws[0].tolist() == list(range(27))
    runs = draws[1:].reshape(-1, 9, 3)
    assert (np.diff(runs, axis=2) % 27 == 1).all()
    assert set(draws[1:].ravel().tolist()) == set(range(27))


def test_the_interval_leaves_out_both_tails_of_the_draws() -> None:
    series = np.asarray([7.0, *range(1000, -1, -1)])  # as measured, then of each draw
    assert amount(series, 0.025) == Amount(7.0, 25.0, 975.0)
    assert amount(series, None) == Amount(7.0)


def test_few_rounds_have_no_interval() -> None:
    enough, few = (
        tuple(number if number < least else -1 for number in ROUNDS)
        for least in (LEAST_ROUNDS, LEAST_ROUNDS - 1)
    )
    assert explained(replace(A, rounds=enough), B).total.difference.low is not None
    gap = explained(replace(A, rounds=few), B).total.difference
    assert (gap.low, gap.high) == (None, None)
    assert gap.seconds == pytest.approx(0.0125)


def test_three_sentences() -> None:
    found = explained(A, B)
    found = replace(found, total=replace(found.total, macs=(1000, 970)))
    size, where, why = quotes(found)
    assert size == (
        "b takes 12.50 ms [12.50, 12.50] longer than a, 2.10x the time [2.00, 2.20], at 0.97x the multiply-adds."
    )
    assert where == "By kind of op: conv +11.00 ms [11.00, 11.00], 88 % of the gap."
    assert "lower efficiency at equal work +5.00 ms [5.00, 5.00], 40 % of the gap" in why


def test_a_gap_that_is_not_resolved_has_no_shares() -> None:
    found = replace(explained(A, B), ratio=replace(SLOWER, verdict="not resolved"))
    size, where, why = quotes(found)
    assert size.endswith("the difference is not resolved.")
    assert "of the gap" not in where + why


def test_what_goes_against_the_gap_is_said_so() -> None:
    pools = [kind("pooling", ms, 1, 0.0, 1.0) for ms in (7.0, 1.0)]
    a = network("a", 20.0, kind("conv", 2.0, 1, 0.0, 1.0), kind("norm", 9.0, 1, 0.0, 1.0), pools[0])
    b = network("b", 30.0, kind("conv", 18.0, 1, 0.0, 1.0), kind("norm", 1.0, 1, 0.0, 1.0), pools[1])
    _, where, _ = quotes(explained(a, b))
    assert "against it norm -8.00 ms [-8.00, -8.00]; pooling -6.00 ms" in where
    faster = quotes(explained(b, a))
    assert "a takes 10.00 ms [10.00, 10.00] less than b" in faster[0]
    assert "against it norm +8.00 ms" in faster[1]


def test_disturbed_rounds_are_not_taken_apart_in_words() -> None:
    (said,) = quotes(replace(explained(A, B), ratio=replace(SLOWER, verdict="not resolved", trusted=False)))
    assert said.endswith("Too many rounds were disturbed: the parts below include other work.")


def test_parts_of_a_fast_network_keep_digits() -> None:
    a = network("a", 0.1, kind("conv", 0.08, 1, 0.0, 1.0))
    b = network("b", 0.18, kind("conv", 0.15, 1, 0.0, 1.0))
    size, where, _ = quotes(explained(a, b))
    assert size.startswith("b takes 0.0800 ms [0.0800, 0.0800] longer than a")
    assert "conv +0.0700 ms" in where


def test_a_small_share_of_the_multiply_adds_is_not_none_of_them() -> None:
    found = explained(A, B)
    found = replace(found, total=replace(found.total, macs=(4_089_184_256, 3_448_880)))
    assert "at 0.001x the multiply-adds" in quotes(found)[0]
    found = replace(found, total=replace(found.total, macs=(4_089_184_256, 344_888)))
    assert "at <0.001x the multiply-adds" in quotes(found)[0]
