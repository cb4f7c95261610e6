from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.measure.evaluate import evaluate, faults_per_call
from cnnprof.measure.samples import gather
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Turn, Witness

STEADY = Warmup(calls=12, seconds=0.2, first_call_s=0.05, fastest_s=0.01, steady=True)


def rounds(count: int, seconds: float, position: int, witness: Witness = Witness()) -> list[Turn]:  # noqa: B008
    return [Turn(number, position, (1.0, seconds, seconds), witness) for number in range(count)]


def test_the_same_samples_give_the_same_statement() -> None:
    samples = gather([rounds(10, 0.1, 0), rounds(10, 0.2, 1)], [STEADY] * 2, baseline=0, has_twin=False)
    found = evaluate(samples, spent_s=7.0)
    assert found == evaluate(samples, spent_s=7.0)
    assert (found.rounds, found.dropped_rounds, found.spent_s, found.floor) == (10, 0, 7.0, None)
    first, second = found.timings
    assert (first.median_s, second.median_s, first.samples, first.p90_s) == (0.1, 0.2, 20, None)
    assert (first.warmup_calls, first.warmup_s, first.first_call_s, first.stable) == (12, 0.2, 0.05, True)
    assert found.ratios[1].ratio == pytest.approx(2.0)
    assert (found.ratios[1].verdict, found.ratios[1].pairs) == ("slower", 10)


def test_few_undisturbed_rounds_are_enough_but_said() -> None:
    busy, quiet = Witness(waited_s=1.0, foreign_s=1.0), Witness(waited_s=0.0, foreign_s=0.0)
    model = rounds(6, 0.1, 0, quiet) + [Turn(number, 0, (1.0, 9.0), busy) for number in range(6, 20)]
    found = evaluate(gather([model], [STEADY], baseline=0, has_twin=False), spent_s=1.0)
    assert found.timings[0].median_s == 0.1
    assert found.dropped_rounds == 14
    assert found.warnings == ("14 of 20 rounds disturbed (other processes used our cores) and dropped",)


def test_too_few_samples_have_no_interval() -> None:
    few = [Turn(number, 0, (1.0, seconds), Witness()) for number, seconds in enumerate((0.1, 0.2, 0.3))]
    (timing,) = evaluate(gather([few], [STEADY], baseline=0, has_twin=False), spent_s=1.0).timings
    assert timing.low_s == timing.median_s == timing.high_s == 0.2
    assert "too few samples for a 95 % interval" in timing.warnings


def test_of_one_usable_process_the_floor_is_what_the_twin_is_off_by() -> None:
    """Several processes ran, but the twin was undisturbed in the first alone."""
    quiet, busy = Witness(waited_s=0.0, foreign_s=0.0), Witness(waited_s=1.0, foreign_s=1.0)

    def lane(seconds: float, position: int) -> list[Turn]:
        later = [
            replace(turn, round=turn.round + 20, generation=1) for turn in rounds(5, 9.0, position, busy)
        ]
        return [*rounds(20, seconds, position, quiet), *later]

    samples = gather(
        [lane(0.100, 0), lane(0.102, 1), lane(0.103, 2)], [STEADY] * 3, baseline=0, has_twin=True
    )
    assert samples.processes() == 1  # that counts
    assert samples.floor == pytest.approx(0.03)


def test_threads_in_each_others_way_are_said() -> None:
    crowded = rounds(10, 0.1, 0, Witness(waited_s=1.0, foreign_s=0.0))
    found = evaluate(gather([crowded], [STEADY], baseline=0, has_twin=False), spent_s=1.0)
    assert found.dropped_rounds == 0
    assert found.warnings == ("the model's own threads wait for each other: fewer --threads may be faster",)


@pytest.mark.parametrize(("launch_s", "is_bound"), [(None, False), (0.05, False), (0.095, True)])
def test_a_device_that_waits_for_its_host_is_said(launch_s: float | None, is_bound: bool) -> None:
    turns = [replace(turn, launch_s=launch_s) for turn in rounds(10, 0.1, 0, Witness())]
    timing = evaluate(gather([turns], [STEADY], baseline=0, has_twin=False), spent_s=1.0).timings[0]
    assert any(warning.startswith("launch-bound") for warning in timing.warnings) == is_bound


def test_page_faults_are_said() -> None:
    # 3 calls a turn; 6000 faults of about 1 us each in 100 ms are 6%.
    faulty = rounds(10, 0.1, 0, Witness(faults=18_000))
    assert faults_per_call(faulty) == 6000
    timing = evaluate(gather([faulty], [STEADY], baseline=0, has_twin=False), spent_s=1.0).timings[0]
    assert timing.warnings[0].startswith("6000 page faults a call")
    few = evaluate(
        gather([rounds(10, 0.1, 0, Witness(faults=30))], [STEADY], baseline=0, has_twin=False), spent_s=1.0
    )
    assert few.timings[0].warnings == ()


def test_doubts_in_plain_words() -> None:
    unsettled = Warmup(calls=1, seconds=0.2, first_call_s=0.05, fastest_s=0.01, steady=False)
    timing = evaluate(
        gather([rounds(1, 0.1, 0)], [unsettled], baseline=0, has_twin=False), spent_s=1.0
    ).timings[0]
    assert timing.warnings == ("not steady after the warm-up", "too few samples for a 95 % interval")
