from __future__ import annotations

from math import exp, log, sqrt

import pytest

from cnnprof.measure.statistics.medians import Estimate, centre_estimate
from cnnprof.measure.statistics.ratio import by_generation, judge, log_ratios, needed_s, noise_floor, to_ratio
from cnnprof.records.timing import Turn, Witness


def turn(number: int, *seconds: float) -> Turn:
    return Turn(number, 0, seconds, Witness())


def between(low: float, value: float, high: float, bounded: bool = True) -> Estimate:
    return Estimate(log(value), log(low), log(high), bounded)


def test_pairs_are_of_one_round_and_leave_out_the_first_call() -> None:
    model = [turn(0, 9.0, 2.0, 4.0, 3.0), turn(1, 9.0, 5.0), turn(3, 6.0)]
    base = [turn(0, 0.1, 1.5, 1.4, 1.6), turn(2, 0.1, 7.0), turn(3, 2.0)]
    # Round 0: median(2, 4, 3) / median(1.5, 1.4, 1.6); round 3 was broken off after one call each.
    assert log_ratios(model, base) == [pytest.approx(log(3.0 / 1.5)), pytest.approx(log(6.0 / 2.0))]


def test_a_model_is_set_against_both_instances_of_its_base() -> None:
    model, base, twin = [turn(0, 9.0, 3.0), turn(1, 9.0, 6.0)], [turn(0, 9.0, 1.0)], [turn(0, 9.0, 4.0)]
    assert log_ratios(model, base, twin) == [pytest.approx(log(3.0 / 2.0))]  # sqrt(1 x 4)
    assert log_ratios(model, base, [*twin, turn(1, 9.0, 3.0)])[1] == pytest.approx(log(2.0))


def test_too_few_pairs_have_no_interval() -> None:
    found = to_ratio(between(1.9, 2.0, 2.1, bounded=False), 3, None, trusted=True, spent_s=1.0)
    assert (found.low, found.ratio, found.high) == pytest.approx((2.0, 2.0, 2.0))
    assert found.verdict == "not resolved"


@pytest.mark.parametrize(
    ("estimate", "floor", "verdict"),
    [
        (between(1.01, 1.03, 1.05), None, "slower"),
        (between(1.01, 1.03, 1.05), 0.02, "slower"),
        (between(1.01, 1.03, 1.05), 0.031, "not resolved"),
        (between(0.99, 1.03, 1.07), 0.0, "not resolved"),
        (between(0.90, 0.95, 0.99), 0.02, "faster"),
        (between(0.90, 0.95, 0.99), 0.06, "not resolved"),
        (between(1.9, 2.0, 2.1, bounded=False), 0.0, "not resolved"),
    ],
)
def test_verdicts(estimate: Estimate, floor: float | None, verdict: str) -> None:
    assert judge(estimate, floor) == verdict


def test_the_floor_is_the_far_end_of_the_twin() -> None:
    assert noise_floor(between(0.98, 0.99, 1.01)) == pytest.approx(1 / 0.98 - 1)
    assert noise_floor(between(0.999, 1.01, 1.03)) == pytest.approx(0.03)
    assert noise_floor(between(0.999, 1.01, 1.03, bounded=False)) is None
    assert noise_floor(None) is None


def test_needed_time_grows_with_the_square_of_what_is_missing() -> None:
    # Half-width 4% against a deviation of 2%: (4 / 2)^2 = 4 times the 10 s spent, and a fifth more.
    assert needed_s(Estimate(0.02, -0.02, 0.06, True), None, 10.0) == pytest.approx(10 * 4 * 1.2)
    assert needed_s(Estimate(0.02, -0.02, 0.06, True), 0.083287, 10.0) == pytest.approx(
        10 * 16 * 1.2, rel=1e-4
    )
    assert needed_s(Estimate(0.001, -0.039, 0.041, True), None, 10.0) is None
    assert needed_s(Estimate(0.0, -0.04, 0.04, True), None, 10.0) is None
    assert needed_s(Estimate(0.02, 0.01, 0.03, False), None, 10.0) is None


def test_untrusted_rounds_resolve_nothing() -> None:
    estimate = between(1.9, 2.0, 2.1)
    assert to_ratio(estimate, 20, 0.01, trusted=True, spent_s=5.0).verdict == "slower"
    doubtful = to_ratio(estimate, 20, 0.01, trusted=False, spent_s=5.0)
    assert (doubtful.verdict, doubtful.needed_s) == ("not resolved", None)
    assert doubtful.ratio == pytest.approx(2.0)


def test_several_processes_hold_their_own_difference() -> None:
    twin = Estimate(0.01, -0.02, 0.04, True)
    assert noise_floor(twin) == pytest.approx(exp(0.04) - 1)
    assert noise_floor(twin, processes=3) == pytest.approx(exp(0.03 * sqrt(3 / 4)) - 1)


def test_a_twin_that_is_told_apart_is_the_floor_of_several_processes_too() -> None:
    assert noise_floor(Estimate(0.04, 0.037, 0.043, True), processes=5) == pytest.approx(exp(0.04) - 1)
    assert noise_floor(Estimate(-0.04, -0.043, -0.037, True), processes=5) == pytest.approx(exp(0.04) - 1)


def test_log_ratios_of_each_generation() -> None:
    def turns(seconds: float) -> list[Turn]:
        return [Turn(k, 0, (9.0, seconds * (1 + k)), Witness(), generation=k // 2) for k in range(4)]

    found = by_generation(turns(2.0), turns(1.0)[:3])
    assert found == [[pytest.approx(log(2))] * 2, [pytest.approx(log(2))]]
    assert by_generation(turns(2.0), []) == []


def test_ratios_to_two_instances_lie_about_the_mean_of_their_centres() -> None:
    def turns(*seconds: float) -> list[Turn]:
        return [Turn(k, 0, (9.0, each), Witness()) for k, each in enumerate(seconds)]

    model = turns(1.0, 1.5, 1.0, 1.0, 1.1, 1.0, 1.0)
    base, twin = turns(1.0, 1.0, 1.2, 1.0, 1.0, 1.0, 2.0), turns(1.3, 1.0, 1.0, 1.0, 1.0, 1.1, 1.0)
    (found,) = by_generation(model, base, twin)
    raw = log_ratios(model, base, twin)
    assert [each - found[0] for each in found] == pytest.approx([each - raw[0] for each in raw])
    centres = [centre_estimate(log_ratios(model, one)).value for one in (base, twin)]
    assert centre_estimate(found).value == pytest.approx(sum(centres) / 2)
    assert centre_estimate(raw).value != pytest.approx(sum(centres) / 2)
    assert by_generation(model, base, []) == [log_ratios(model, base)]


def test_more_processes_or_more_time() -> None:
    # The whole half-width is 4 times the deviation: 16 x 1.2 times as much of what makes it wide.
    wide, tight = Estimate(0.01, -0.03, 0.05, True), Estimate(0.01, 0.009, 0.011, True)
    both = {"trusted": True, "spent_s": 10.0}
    time = to_ratio(wide, 30, None, within=wide, processes=3, **both)  # type: ignore[arg-type]
    assert time.needed_s == pytest.approx(10 * 16 * 1.2)
    assert time.needed_processes is None
    more = to_ratio(wide, 30, None, within=tight, processes=3, **both)  # type: ignore[arg-type]
    assert (more.needed_s, more.needed_processes) == (None, 58)  # 3 x 16 x 1.2, rounded up


def test_no_time_would_tell_two_equal_models_apart() -> None:
    assert needed_s(Estimate(0.0, 0.0, 0.0, bounded=True), 0.0, 8.0) is None
    assert needed_s(Estimate(0.0, -0.01, 0.01, bounded=True), None, 8.0) is None
