"""Several processes of each model, in fake time: what they differ by, what is claimed of it, and what becomes of those
that fail."""

from __future__ import annotations

from collections import Counter
from math import log
from statistics import fmean, median

import pytest

from cnnprof.errors import CnnprofError, FileError, ModelError
from cnnprof.measure.fake import Latency, constant, drifting, noisy, outliers
from cnnprof.measure.processes.process import LostError
from cnnprof.measure.progress import Progress
from cnnprof.measure.session import Taken, WitnessedSession
from cnnprof.measure.statistics.pairs import paired_ratios
from cnnprof.records.timing import Measurement
from tests.measure.crews import STARTUP_S, CachingCrew, FakeCrew, timed


def fine(seconds: float) -> Latency:
    """A machine that swings by 5% every 3 s, 0.5% noise, every fiftieth call three times as slow."""
    return outliers(noisy(drifting(constant(seconds), 0.05, 3.0), 0.005), share=0.02, factor=3.0)


def pair(ratio: float, sd: float | list[float], seed: int, **options: object) -> Measurement:
    found = timed(FakeCrew([fine(0.02), fine(0.02 * ratio), fine(0.02)], seed, sd), **options).measurement
    assert found is not None
    return found


@pytest.mark.parametrize("sd", [0.003, 0.02])
def test_equal_models_in_unequal_processes_are_called_different_in_at_most_five_percent(sd: float) -> None:
    found = [pair(1.0, sd, seed, budget_s=3.0).ratios[1] for seed in range(400)]
    assert sum(ratio.verdict != "not resolved" for ratio in found) <= 0.05 * 400
    assert fmean(ratio.low <= 1 <= ratio.high for ratio in found) >= 0.94  # of 400, 95% is 93 to 97%


def test_what_a_turn_finds_in_the_caches_favours_no_model() -> None:
    """A turn right after one's own is faster: random orders give one model more of those than another."""
    model = noisy(constant(0.02), 0.02)
    logs = []
    for noise in range(40):
        crew = CachingCrew([model] * 3, noise, gain=0.2)
        found = timed(crew, generations=6, budget_s=8.0, seed=0, precision=1e-6).measurement
        assert found is not None
        logs.append(log(found.ratios[1].ratio))
    assert abs(fmean(logs)) < 0.002


def test_slow_outliers_favour_no_model() -> None:
    """The baseline's mean with its twin has its share of two instances' outliers, each at half its height."""
    model = outliers(noisy(constant(0.012), 0.01), share=0.1, factor=1.2)
    crews = [FakeCrew([model] * 3, noise, 0.005) for noise in range(40)]
    found = [timed(crew, generations=6, budget_s=8.0, precision=1e-6).measurement for crew in crews]
    logs = [log(measurement.ratios[1].ratio) for measurement in found if measurement is not None]
    assert len(logs) == 40
    assert abs(fmean(logs)) < 0.0015  # centres of ratios to the mean lie at -0.0034


def test_without_generations_as_much_would_have_been_called_different() -> None:
    """One process each, however long: the interval is narrow and wrong, and only the floor is left to say so."""
    found = [pair(1.0, 0.02, seed, generations=1, budget_s=3.0).ratios[1] for seed in range(100)]
    assert fmean(ratio.low <= 1 <= ratio.high for ratio in found) < 0.5


def test_one_noisy_model_among_quiet_ones_is_not_judged_by_them() -> None:
    found = [pair(1.0, [0.001, 0.01, 0.001], seed, budget_s=3.0).ratios[1] for seed in range(200)]
    assert fmean(ratio.verdict != "not resolved" for ratio in found) <= 0.10  # 10 to 1 is the worst case


@pytest.mark.parametrize(("slower", "sd"), [(1.02, 0.002), (1.03, 0.003)])
def test_slowdowns_are_found_where_processes_differ_little(slower: float, sd: float) -> None:
    found = [pair(slower, sd, seed).ratios[1] for seed in range(100)]
    assert sum(ratio.verdict == "slower" for ratio in found) >= 90
    assert fmean(ratio.low <= slower <= ratio.high for ratio in found) >= 0.95


def test_what_processes_differ_by_is_told() -> None:
    told = [pair(1.2, 0.01, seed).process_sd for seed in range(60)]
    squares = [sd**2 for sd in told if sd is not None]
    assert len(squares) == 60
    assert fmean(squares) ** 0.5 == pytest.approx(0.01, rel=0.15)
    found = pair(1.2, 0.01, 0)
    assert (found.processes, found.process_freedom) == (3, (3 - 1) * (3 - 1))
    for timing in found.timings:
        medians = [
            median(s for turn in timing.turns if turn.generation == number for s in turn.counted)
            for number in range(3)
        ]
        assert timing.spread == pytest.approx(max(medians) / min(medians) - 1)
        assert timing.low_s < min(medians) < max(medians) < timing.high_s


def test_pairs_are_by_the_rule_of_the_ratios_to_the_baseline() -> None:
    for found in (pair(1.1, 0.01, seed) for seed in range(12)):
        (again,) = paired_ratios(found, found.timings, [(1, 0)], baseline=0)
        assert again.ratio == found.ratios[1]


def test_more_processes_are_what_helps_where_it_is_they_that_differ() -> None:
    unresolved = [
        ratio for seed in range(40) if (ratio := pair(1.01, 0.01, seed).ratios[1]).verdict == "not resolved"
    ]
    assert any(ratio.needed_processes for ratio in unresolved)
    for ratio in unresolved:
        assert ratio.needed_s is None or ratio.needed_processes is None
        assert ratio.needed_processes is None or ratio.needed_processes > 3


def test_more_processes_than_asked_for_where_they_alone_tell() -> None:
    """3% extra work in processes that differ by 2%: five would leave 3% open."""
    found = [pair(1.03, 0.02, seed, budget_s=20.0, generations=5) for seed in range(20)]
    assert max(measurement.processes for measurement in found) > 10
    assert sum(measurement.ratios[1].verdict == "slower" for measurement in found) >= 16
    assert fmean(m.ratios[1].low <= 1.03 <= m.ratios[1].high for m in found) >= 0.9


def test_equal_models_stay_equal_in_more_processes() -> None:
    found = [pair(1.0, 0.02, seed, budget_s=12.0, generations=5) for seed in range(50)]
    assert fmean(measurement.processes for measurement in found) > 8
    assert sum(measurement.ratios[1].verdict != "not resolved" for measurement in found) <= 0.1 * 50
    assert fmean(m.ratios[1].low <= 1 <= m.ratios[1].high for m in found) >= 0.9


def test_no_more_processes_than_the_budget_can_start_or_feed() -> None:
    found = [pair(1.0, 0.02, seed, budget_s=9.0, generations=5) for seed in range(10)]
    # Starting a process of each takes 2 s and its warm-up: in 9 s three more.
    assert max(measurement.processes for measurement in found) == 8
    slow = [constant(0.2), constant(0.205), constant(0.2)]
    few = timed(FakeCrew(slow, sd=0.02), budget_s=20.0, generations=5).measurement
    assert few is not None
    assert few.processes == 5  # 6 rounds of 3 x 2 calls take 7 s


def test_clear_pairs_take_no_more_processes_than_asked_for() -> None:
    found = [pair(1.5, 0.02, seed, budget_s=20.0, generations=5) for seed in range(10)]
    assert {measurement.processes for measurement in found} == {5}


def test_it_is_the_reported_pairs_that_take_more_processes() -> None:
    """Two engines, two models each: under the second the models are close, though far from the first engine's."""
    models = [fine(0.05), fine(0.1), fine(0.02), fine(0.02), fine(0.05)]
    own = timed(FakeCrew(models, sd=0.02), budget_s=30.0, generations=5, bases=[0, 0, 2, 2]).measurement
    to_one = timed(FakeCrew(models, sd=0.02), budget_s=30.0, generations=5).measurement
    assert own is not None
    assert own.processes > 5
    assert to_one is not None
    assert to_one.processes == 5


def test_without_its_base_a_model_is_timed_for_itself() -> None:
    crew = Failing(0, 0, ModelError("no kernel"), models=4)
    found = timed(crew, bases=[0, 0, 2], precision=0.2, budget_s=60.0).measurement
    assert found is not None
    assert found.spent_s < 30
    assert found.ratios == ()


def test_a_pair_that_is_narrow_enough_takes_no_more_processes() -> None:
    found = [pair(1.0, 0.005, seed, budget_s=20.0, generations=5, precision=0.05) for seed in range(10)]
    assert {measurement.processes for measurement in found} == {5}


def test_every_generation_has_fresh_sessions_and_its_share() -> None:
    crew = FakeCrew([fine(0.02), fine(0.03), fine(0.02)])
    found = timed(crew, precision=1e-6, budget_s=9.0).measurement
    assert found is not None
    assert crew.begun == [[0, 1, 2]] * 3
    assert crew.open == 0
    warmups_s = sum(timing.warmup_s for timing in found.timings)
    assert found.startup_s >= 3 * STARTUP_S + warmups_s  # and the twin's
    assert 8.0 < found.spent_s <= 9.0 + 0.5
    shares = Counter(turn.generation for turn in found.timings[0].turns)
    assert max(shares.values()) < 1.2 * min(shares.values())
    rounds = [turn.round for turn in found.timings[0].turns]
    assert rounds == list(range(found.rounds))


def test_an_early_end_still_visits_every_generation() -> None:
    crew = FakeCrew([fine(0.02), fine(0.04), fine(0.02)])
    found = timed(crew, precision=0.05, budget_s=300.0).measurement
    assert found is not None
    assert found.processes == 3
    assert found.spent_s < 30


def test_the_budget_is_spent_where_processes_differ() -> None:
    """The first generation cannot know; those that follow have what it left."""
    models = [constant(0.02), constant(0.04), constant(0.02)]
    alike = timed(FakeCrew(models), budget_s=60.0).measurement
    unlike = timed(FakeCrew(models, sd=0.05), budget_s=60.0).measurement
    assert alike is not None
    assert alike.spent_s < 15
    assert unlike is not None
    assert unlike.spent_s > 55


def test_a_single_model_ends_when_all_its_processes_leave_little_open() -> None:
    alike = timed(FakeCrew([fine(0.02)], sd=0.001), twin=False, budget_s=60.0, generations=5).measurement
    unlike = timed(FakeCrew([fine(0.02)], sd=0.05), twin=False, budget_s=60.0, generations=5).measurement
    assert alike is not None
    assert alike.spent_s < 40
    assert unlike is not None
    assert unlike.spent_s > 55
    rounds = Counter(turn.generation for turn in unlike.timings[0].turns)
    later = [rounds[number] for number in range(1, 5)]  # the first cannot know
    assert max(later) < 1.2 * min(later)


def test_models_too_slow_for_all_get_fewer_processes() -> None:
    crew = FakeCrew([constant(1.0), constant(2.0)])
    found = timed(crew, twin=False, budget_s=25.0).measurement
    assert found is not None
    # A process of both: 2 warm-up calls and two rounds of 2 calls each are 6 x (1 + 2) s.
    assert found.processes == len(crew.begun) < 3
    assert found.warnings[0] == f"the budget had room for {found.processes} of 3 processes of each model"
    assert found.spent_s <= 25 + 2 * 2


class Failing(FakeCrew):
    """The session of one place fails from a call on; at 0 there is none at all."""

    def __init__(
        self, place: int, at: int, error: BaseException, models: int = 3, generation: int = 0
    ) -> None:
        super().__init__([noisy(constant(0.02 + 0.01 * (k % (models - 1))), 0.01) for k in range(models)])
        self.place, self.at, self.error, self.from_generation = place, at, error, generation

    def session(self, place: int, number: int, factor: float) -> WitnessedSession | CnnprofError:
        session = super().session(place, number, factor)
        if place != self.place or number < self.from_generation or isinstance(session, CnnprofError):
            return session
        if self.at == 0 and isinstance(self.error, CnnprofError):
            return self.error
        return Breaking(session, self.at, self.error)


class Breaking:
    def __init__(self, session: WitnessedSession, at: int, error: BaseException) -> None:
        self.session, self.left, self.error = session, at, error

    def take(self, calls: int, core: int | None = None) -> Taken:
        self.left -= calls
        if self.left < 0:
            raise self.error
        return self.session.take(calls, core)

    def time(self, calls: int) -> list[float]:
        return list(self.take(calls).seconds)


@pytest.mark.parametrize("generation", [0, 2])
@pytest.mark.parametrize("at", [0, 1, 5, 18])
def test_a_worker_that_fails_loses_only_itself(at: int, generation: int) -> None:
    error = LostError("crashed: Segmentation fault")
    crew = Failing(1, at, error, models=4, generation=generation)
    found = timed(crew, budget_s=20.0)
    assert found.failures == {1: error}
    assert found.places == (0, 2)
    assert found.measurement is not None
    assert [ratio.verdict for ratio in found.measurement.ratios] == ["baseline", "slower"]
    assert found.measurement.processes == 3
    assert crew.begun[-1] == [0, 2, 3] or generation == 2
    assert crew.open == 0


def test_without_the_baseline_there_are_times_and_no_ratios() -> None:
    found = timed(Failing(0, 30, LostError("no answer within 60 s")), budget_s=20.0)
    assert found.places == (1,)
    assert found.measurement is not None
    assert found.measurement.ratios == ()
    assert found.measurement.floor is None
    assert found.measurement.timings[0].median_s == pytest.approx(0.03, rel=0.05)
    assert found.measurement.warnings == ("no ratios: model0, the baseline, could not be timed",)


def test_without_its_baseline_another_setting_has_its_own_ratios() -> None:
    crew = Failing(0, 0, LostError("killed"), models=5)
    found = timed(crew, budget_s=20.0, bases=[0, 0, 2, 2]).measurement
    assert found is not None
    assert found.warnings == ("no control: a second model0 could not be timed",)


def test_without_the_twin_there_is_no_floor() -> None:
    found = timed(Failing(2, 30, LostError("killed")), budget_s=20.0).measurement
    assert found is not None
    assert found.floor is None
    assert found.ratios[1].verdict == "slower"
    assert found.warnings == ("no control: a second model0 could not be timed: killed",)


def test_where_all_fail_there_is_nothing_but_their_errors() -> None:
    error = ModelError("unsupported op")
    found = timed(Failing(0, 0, error, models=2), twin=False, generations=1)
    assert found.failures == {0: error}
    alone = timed(FakeCrewOfErrors([constant(1.0)] * 2), twin=False)
    assert alone.measurement is None
    assert [error.message for error in alone.failures.values()] == ["0", "1"]


class FakeCrewOfErrors(FakeCrew):
    def session(self, place: int, number: int, factor: float) -> WitnessedSession | CnnprofError:
        return ModelError(str(place))


def test_an_error_of_ours_is_not_a_models() -> None:
    crew = Failing(1, 20, AssertionError("a bug"))
    with pytest.raises(AssertionError):
        timed(crew, budget_s=20.0)
    assert crew.open == 0


def test_where_no_more_processes_can_be_started_the_generations_that_were_count() -> None:
    crew = Failing(1, 0, BlockingIOError(11, "Resource temporarily unavailable"), generation=1)
    found = timed(crew, budget_s=20.0).measurement
    assert found is not None
    assert (found.processes, found.interrupted) == (1, False)
    assert any(warning.startswith("no more processes could be started: ") for warning in found.warnings)
    with pytest.raises(BlockingIOError):
        timed(Failing(1, 0, BlockingIOError(11, "Resource temporarily unavailable")))


def test_a_warning_has_no_second_line_where_an_error_of_ours_ends_the_starting() -> None:
    class Full(FakeCrew):
        def session(self, place: int, number: int, factor: float) -> WitnessedSession | CnnprofError:
            if number:
                raise FileError("no room in /tmp", "free some")
            return super().session(place, number, factor)

    crew = Full([noisy(constant(0.02), 0.01)] * 3)
    found = timed(crew, budget_s=20.0).measurement
    assert found is not None
    assert "no more processes could be started: no room in /tmp" in found.warnings


def test_ctrl_c_yields_the_generations_that_were_measured() -> None:
    crew = Failing(1, 20, KeyboardInterrupt(), generation=1)
    found = timed(crew, budget_s=20.0).measurement
    assert found is not None
    assert found.interrupted
    assert found.timings[0].samples > 0
    assert len(crew.begun) == 2
    assert crew.open == 0
    with pytest.raises(KeyboardInterrupt):
        timed(Failing(1, 3, KeyboardInterrupt()))


def test_progress_names_the_generation() -> None:
    told: list[Progress] = []
    timed(FakeCrew([fine(0.02), fine(0.03), fine(0.02)]), on_progress=told.append)
    seen = Counter((each.phase, each.generation) for each in told)
    assert set(seen) == {(phase, number) for phase in ("warm-up", "measure") for number in range(3)}
    assert {each.generations for each in told} == {3}
    last = [each.ratio for each in told if each.model == "model1" and each.generation == 2]
    assert last[-1] is not None
    assert log(last[-1]) == pytest.approx(log(1.5), abs=0.1)
