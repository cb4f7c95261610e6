"""Whole sessions in fake time: what is claimed, what is kept, what ends them."""

from __future__ import annotations

from collections import Counter
from statistics import fmean, median

import pytest

from cnnprof.measure.fake import (
    FakeClock,
    FakeSession,
    FakeWitness,
    Latency,
    Neighbour,
    beside,
    constant,
    drifting,
    noisy,
    outliers,
)
from cnnprof.measure.interleave import measure
from cnnprof.measure.progress import Progress
from cnnprof.records.timing import Measurement


def timed(
    *latencies: Latency,
    seed: int = 0,
    twin: bool = False,
    budget_s: float = 8.0,
    precision: float = 1e-4,
    baseline: int = 0,
    neighbours: tuple[Neighbour, ...] = (),
) -> Measurement:
    clock = FakeClock()
    sessions = [
        FakeSession(clock, beside(one, *neighbours), seed * 10 + k) for k, one in enumerate(latencies)
    ]
    second = FakeSession(clock, beside(latencies[baseline], *neighbours), seed * 10 + 9) if twin else None
    return measure(
        sessions,
        names=[f"model{k}" for k in range(len(sessions))],
        baseline=baseline,
        twin=second,
        budget_s=budget_s,
        precision=precision,
        seed=seed,
        clock=clock,
        witness=FakeWitness(clock, neighbours),
    )


def rough(seconds: float) -> Latency:
    """A machine that swings by a fifth every 3 s, 3% noise, every twentieth call three times as slow."""
    return outliers(noisy(drifting(constant(seconds), 0.2, 3.0), 0.03), share=0.05, factor=3.0)


def fine(seconds: float) -> Latency:
    return outliers(noisy(drifting(constant(seconds), 0.05, 3.0), 0.005), share=0.02, factor=3.0)


@pytest.mark.parametrize("twin", [False, True])
def test_equal_models_are_called_different_in_at_most_five_percent(twin: bool) -> None:
    verdicts = Counter(
        timed(rough(0.025), rough(0.025), seed=seed, twin=twin, budget_s=5.0).ratios[1].verdict
        for seed in range(400)
    )
    assert verdicts["faster"] + verdicts["slower"] <= 0.05 * 400


def test_a_slowdown_of_two_percent_is_found() -> None:
    found = [timed(fine(0.02), fine(0.0204), seed=seed, twin=True).ratios[1] for seed in range(40)]
    assert sum(ratio.verdict == "slower" for ratio in found) >= 38
    assert fmean(ratio.low <= 1.02 <= ratio.high for ratio in found) >= 0.9


def test_sequential_medians_would_have_misled() -> None:
    """The same drift, one model after the other: what interleaving is for."""
    clock = FakeClock()
    first = FakeSession(clock, drifting(constant(0.02), 0.2, 16.0)).time(400)
    second = FakeSession(clock, drifting(constant(0.02), 0.2, 16.0)).time(400)
    assert abs(median(second) / median(first) - 1) > 0.1
    swinging = drifting(constant(0.02), 0.2, 16.0)
    assert timed(swinging, swinging).ratios[1].ratio == pytest.approx(1.0, abs=0.01)


def test_latency_and_its_interval() -> None:
    found = timed(noisy(constant(0.010), 0.02)).timings[0]
    assert found.low_s <= 0.010 <= found.high_s
    assert found.min_s < found.low_s < found.median_s < found.high_s
    assert found.p90_s is not None
    assert found.p90_s > found.median_s
    assert found.stable


def test_every_sample_is_kept_and_the_first_of_a_turn_not_counted() -> None:
    found = timed(constant(0.010), constant(0.020), twin=True)
    for timing in found.timings:
        assert timing.samples == sum(len(turn.seconds) - 1 for turn in timing.turns)
    assert {len(turn.seconds) for timing in found.timings for turn in timing.turns} == {2}
    assert [len(timing.turns) for timing in found.timings] == [found.rounds, found.rounds]
    for number in range(found.rounds):
        positions = {timing.turns[number].position for timing in found.timings}
        assert len(positions) == 2  # out of three, with the twin's
        assert positions < {0, 1, 2}


def test_a_cold_first_call_does_not_count() -> None:
    class Cold(FakeSession):
        def time(self, calls: int) -> list[float]:
            return [2 * seconds if k == 0 else seconds for k, seconds in enumerate(super().time(calls))]

    clock = FakeClock()
    session = Cold(clock, constant(0.010))
    found = measure([session], names=["cold"], clock=clock, witness=FakeWitness(clock), budget_s=2.0)
    assert found.timings[0].median_s == pytest.approx(0.010)
    assert found.timings[0].turns[0].seconds[0] == pytest.approx(0.020)


def test_rounds_beside_a_neighbour_are_dropped_and_do_not_count() -> None:
    # Three seconds of eight; the second model suffers far more from company.
    neighbour = Neighbour(3.0, 6.0, factor=1.5)
    clock = FakeClock()
    harder = beside(noisy(constant(0.020), 0.01), Neighbour(3.0, 6.0, factor=4.0))
    sessions = [
        FakeSession(clock, beside(noisy(constant(0.020), 0.01), neighbour), 1),
        FakeSession(clock, harder, 2),
    ]
    found = measure(
        sessions,
        names=["a", "b"],
        precision=1e-4,
        budget_s=8.0,
        clock=clock,
        witness=FakeWitness(clock, (neighbour,)),
    )
    assert found.ratios[1].ratio == pytest.approx(1.0, abs=0.01)
    dropped = {turn.round for turn in found.timings[0].turns if turn.dropped}
    assert 0 < found.dropped_rounds == len(dropped) < found.rounds
    assert {turn.dropped for turn in found.timings[0].turns} == {"", "waited"}
    assert dropped == {turn.round for turn in found.timings[1].turns if turn.dropped}
    assert found.ratios[1].pairs == found.rounds - found.dropped_rounds
    assert found.timings[0].high_s < 0.021


def test_a_neighbour_who_stays_leaves_nothing_resolved() -> None:
    found = timed(constant(0.02), constant(0.04), neighbours=(Neighbour(0.0, 1e9),), twin=True)
    assert found.ratios[1].verdict == "not resolved"
    assert found.ratios[1].ratio == pytest.approx(2.0)
    assert found.ratios[1].needed_s is None
    assert found.dropped_rounds == 0
    assert not found.timings[0].stable
    assert "disturbed (other processes used our cores)" in found.warnings[0]
    assert found.warnings[0].endswith("close those processes, or leave them a core with fewer --threads")


def test_slow_rounds_without_a_witness_are_kept() -> None:
    found = timed(outliers(constant(0.02), 0.2, 50.0), outliers(constant(0.02), 0.2, 50.0))
    assert found.dropped_rounds == 0


def test_ends_when_narrow_enough() -> None:
    found = timed(noisy(constant(0.02), 0.01), noisy(constant(0.03), 0.01), precision=0.02, budget_s=100.0)
    assert found.spent_s < 10
    assert (found.ratios[1].high - found.ratios[1].low) / 2 <= 0.02 * found.ratios[1].ratio * 1.01
    alone = timed(noisy(constant(0.02), 0.01), precision=0.02, budget_s=100.0)
    assert alone.spent_s < 10
    assert alone.timings[0].high_s - alone.timings[0].low_s <= 2 * 0.02 * alone.timings[0].median_s


@pytest.mark.parametrize("seconds", [1e-4, 0.005, 0.05, 0.3])
def test_the_budget_holds(seconds: float) -> None:
    found = timed(rough(seconds), rough(2 * seconds), twin=True, budget_s=6.0)
    assert found.spent_s < 6.0 + 3 * 3 * 2 * seconds * 1.3  # at most one turn over, be it an outlier
    assert found.spent_s > 4.0


def test_a_budget_too_small_still_gives_one_round() -> None:
    found = timed(constant(5.0), constant(10.0), twin=True, budget_s=8.0)
    assert (found.rounds, found.floor, found.ratios[1].verdict) == (1, None, "not resolved")
    assert found.ratios[1].ratio == pytest.approx(2.0)
    assert (
        found.spent_s <= 2 * (5 + 10) + 5
    )  # warm-up one call each, and one each in the round; the twin's warm-up
    assert "too few samples" in found.timings[0].warnings[-1]


def test_the_twin_sets_the_floor() -> None:
    found = timed(fine(0.02), fine(0.0204), twin=True)
    assert found.floor is not None
    assert 0 < found.floor < 0.02
    assert found.ratios[1].floor == found.floor
    assert len(found.timings) == len(found.ratios) == 2
    assert timed(fine(0.02), fine(0.0204)).floor is None


def test_a_twin_that_differs_keeps_small_differences_unresolved() -> None:
    clock = FakeClock()
    base, other, twin = (
        FakeSession(clock, fine(seconds), k) for k, seconds in enumerate((0.020, 0.0206, 0.0208))
    )
    found = measure(
        [base, other],
        names=["a", "b"],
        twin=twin,
        precision=1e-4,
        budget_s=8.0,
        clock=clock,
        witness=FakeWitness(clock),
    )
    assert found.ratios[1].low > 1.0  # against the mean of both
    assert found.floor is not None
    assert found.floor > 0.04
    assert found.ratios[1].verdict == "not resolved"


def test_the_time_that_would_resolve() -> None:
    found = timed(noisy(constant(0.02), 0.05), noisy(constant(0.0203), 0.05), seed=4, budget_s=4.0)
    assert found.ratios[1].verdict == "not resolved"
    assert found.ratios[1].needed_s is not None
    assert found.ratios[1].needed_s > 4.0


def test_any_model_can_be_the_baseline() -> None:
    found = timed(constant(0.02), constant(0.01), constant(0.03), baseline=1, twin=True)
    assert [ratio.verdict for ratio in found.ratios] == ["slower", "baseline", "slower"]
    assert [ratio.ratio for ratio in found.ratios] == [pytest.approx(2.0), 1.0, pytest.approx(3.0)]


def test_the_seed_decides_everything_else_being_equal() -> None:
    first, same, other = (timed(rough(0.02), rough(0.02), seed=seed, budget_s=3.0) for seed in (1, 1, 2))
    assert first == same != other


class Interrupted(FakeSession):
    """Ctrl-C at a given call."""

    at = 0

    def time(self, calls: int) -> list[float]:
        if self.calls >= self.at:
            raise KeyboardInterrupt
        return super().time(calls)


def interrupted(at: int) -> Measurement:
    clock = FakeClock()
    base, stopped = FakeSession(clock, rough(0.02), 1), Interrupted(clock, rough(0.03), 2)
    stopped.at = at
    return measure(
        [base, stopped],
        names=["a", "b"],
        precision=1e-4,
        clock=clock,
        witness=FakeWitness(clock),
        twin=FakeSession(clock, rough(0.02), 3),
    )


def test_ctrl_c_yields_what_there_is() -> None:
    found = interrupted(at=60)
    assert found.interrupted
    assert found.ratios[1].ratio == pytest.approx(1.5, rel=0.1)
    assert found.timings[1].samples > 10


@pytest.mark.parametrize("at", [0, 5])
def test_ctrl_c_before_anything_was_taken_passes_through(at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(at)


def test_progress_is_told_between_turns() -> None:
    clock = FakeClock()
    told: list[tuple[float, Progress]] = []
    sessions = [FakeSession(clock, constant(0.02)), FakeSession(clock, constant(0.03))]
    found = measure(
        sessions,
        names=["a", "b"],
        budget_s=4.0,
        precision=1e-9,
        clock=clock,
        witness=FakeWitness(clock),
        on_progress=lambda progress: told.append((clock.now(), progress)),
    )
    phases = Counter((progress.phase, progress.model) for _, progress in told)
    assert phases["warm-up", "a"] == phases["warm-up", "b"] == 1
    assert phases["measure", "a"] == phases["measure", "b"] == found.rounds
    assert all(progress.seconds_left > 0 for _, progress in told if progress.phase == "warm-up")
    begun = next(at for at, progress in told if progress.phase == "measure")
    now, last = told[-1]
    assert last.seconds_left == pytest.approx(4.0 - (now - begun))
    ratios = {progress.model: progress.ratio for _, progress in told[-4:]}
    assert ratios == {"a": None, "b": pytest.approx(1.5)}
