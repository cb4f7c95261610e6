"""Ratios of any two models come from the turns of the rounds in which both ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log, sqrt

import pytest

from cnnprof.measure.fake import FakeClock, FakeSession, FakeWitness, Neighbour, beside, constant, noisy
from cnnprof.measure.interleave import measure
from cnnprof.measure.statistics.between import student
from cnnprof.measure.statistics.disturbance import disturbed_rounds
from cnnprof.measure.statistics.pairs import are_trusted, paired_ratios
from cnnprof.records.timing import Measurement, Timing, Witness
from tests.measure.crews import FakeCrew, timed

NAMES = ("a", "b", "c")
SECONDS = (0.004, 0.006, 0.005, 0.004)


def session(*neighbours: Neighbour, budget_s: float = 5.0) -> Measurement:
    """Three models of 4, 6 and 5 ms, and a twin of the first."""
    clock = FakeClock()
    sessions = [
        FakeSession(clock, noisy(beside(constant(each), *neighbours), 0.01), seed)
        for seed, each in enumerate(SECONDS)
    ]
    return measure(
        sessions[:3],
        names=NAMES,
        twin=sessions[3],
        budget_s=budget_s,
        precision=1e-6,
        clock=clock,
        witness=FakeWitness(clock, neighbours),
    )


def timings(found: Measurement) -> Sequence[Timing | None]:
    return found.timings


def test_against_the_baseline_it_is_the_session_s_own_ratio() -> None:
    found = session()
    one, other = paired_ratios(found, timings(found), [(1, 0), (2, 0)], baseline=0)
    assert (one.ratio, other.ratio) == found.ratios[1:]
    (inverse,) = paired_ratios(found, timings(found), [(0, 1)], baseline=0)
    assert inverse.ratio.ratio == pytest.approx(1 / one.ratio.ratio)
    assert inverse.ratio.high == pytest.approx(1 / one.ratio.low)


def test_of_several_processes_no_interval_is_narrower_than_what_these_differ_by() -> None:
    """Student's t over 5 processes of each; two instances of the baseline tell more of it than one of another model."""
    to_baseline, to_another = [], []
    for seed in range(6):
        crew = FakeCrew([noisy(constant(each), 0.001) for each in SECONDS], seed, sd=0.03)
        found = timed(crew, generations=5).measurement
        assert found is not None
        assert found.process_sd is not None
        one, other, apart = paired_ratios(found, timings(found), [(1, 0), (2, 0), (2, 1)], baseline=0)
        assert (one.ratio, other.ratio) == found.ratios[1:]
        width = student(0.95, found.process_freedom) * found.process_sd / sqrt(5)
        halves = [log(pair.ratio.high / pair.ratio.low) / 2 / width for pair in (one, other, apart)]
        to_baseline += halves[:2]
        to_another.append(halves[2])
    assert min(to_baseline) == pytest.approx(sqrt(1 + 1 / 2))
    assert min(to_another) == pytest.approx(sqrt(1 + 1))


def test_against_another_model() -> None:
    found = session()
    (pair,) = paired_ratios(found, timings(found), [(2, 1)])
    assert (pair.place, pair.base) == (2, 1)
    assert pair.ratio.ratio == pytest.approx(0.005 / 0.006, rel=0.005)
    assert pair.ratio.low < pair.ratio.ratio < pair.ratio.high
    assert pair.ratio.verdict == "faster"
    assert pair.ratio.floor == found.floor
    (inverse,) = paired_ratios(found, timings(found), [(1, 2)])
    assert inverse.ratio.ratio == pytest.approx(1 / pair.ratio.ratio)
    assert inverse.ratio.verdict == "slower"


def test_dropped_rounds_do_not_count() -> None:
    found = session(Neighbour(2.0, 3.0, factor=3.0))
    assert found.dropped_rounds > 0
    (pair,) = paired_ratios(found, timings(found), [(2, 1)])
    assert pair.ratio.pairs <= found.rounds - found.dropped_rounds
    assert pair.ratio.verdict == "faster"


def test_a_session_that_cannot_be_trusted_resolves_nothing() -> None:
    found = session(Neighbour(0.0, 1e9))
    assert not are_trusted(found)
    pairs = paired_ratios(found, timings(found), [(1, 0), (2, 1)], baseline=0)
    assert {pair.ratio.verdict for pair in pairs} == {"not resolved"}
    assert pairs[0].ratio == found.ratios[1]


def test_a_round_is_judged_with_the_twin_s_turn_as_the_session_judged_it() -> None:
    """One turn waited for 6% of the time of three models, but for 2% of a round with a twin nine times as slow."""
    found = session()
    (first, *others), *timed = found.timings[0].turns, *found.timings[1:]
    wall_s = sum(sum(timing.turns[0].watched) for timing in found.timings)
    waiting = replace(first, witness=Witness(waited_s=0.06 * wall_s, foreign_s=1.0))
    twin = tuple(replace(turn, seconds=tuple(9 * s for s in turn.seconds)) for turn in found.twin)
    told = replace(found, timings=(replace(found.timings[0], turns=(waiting, *others)), *timed), twin=twin)
    models = [turn for timing in told.timings for turn in timing.turns]
    assert list(disturbed_rounds(models)) == [0]
    assert not disturbed_rounds([*models, *twin])
    (pair,) = paired_ratios(told, told.timings, [(1, 2)])
    assert pair.ratio.verdict in ("faster", "slower")


def test_what_was_not_timed_has_no_pair() -> None:
    found = session()
    holes = [found.timings[0], None, found.timings[2]]
    assert paired_ratios(found, holes, [(1, 0), (2, 1)]) == ()
    assert len(paired_ratios(found, holes, [(2, 0)])) == 1
