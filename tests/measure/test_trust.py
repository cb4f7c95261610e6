"""What a network timed against itself says of the machine, and what is advised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.measure.statistics.disturbance import disturbance
from cnnprof.measure.statistics.trust import advice, resolution, verdict
from cnnprof.records.timing import Measurement, Ratio, Witness
from tests.factory import environment

QUIET = replace(environment(), governor="performance")


def session(floor: float | None) -> Measurement:
    return Measurement((), (), rounds=40, dropped_rounds=0, spent_s=4.0, floor=floor)


def pair(low: float, high: float) -> Ratio:
    return Ratio((low + high) / 2, low, high, "not resolved", pairs=40)


@pytest.mark.parametrize(
    ("floor", "low", "high", "expected"),
    [
        (0.03, 0.99, 1.01, 0.03),  # the twin
        (0.01, 0.99, 1.02, 0.02),  # the slow side of the pair
        (0.01, 0.80, 1.01, 0.25),  # the fast side: 1 / 0.8
    ],
)
def test_the_resolution_is_the_worst_of_what_two_copies_differed_by(
    floor: float, low: float, high: float, expected: float
) -> None:
    assert resolution(session(floor), pair(low, high)) == pytest.approx(expected)


def test_without_undisturbed_rounds_there_is_no_resolution() -> None:
    assert resolution(session(None), pair(0.9, 1.1)) is None
    assert resolution(session(0.1), replace(pair(0.9, 1.1), pairs=0)) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [(0.015, "1.5 %"), (0.0151, "1.6 %"), (0.02, "2 %"), (0.25, "25 %"), (0.003, "0.3 %")],
)
def test_the_verdict_rounds_up(found: float, said: str) -> None:
    assert verdict(found) == f"good for differences above {said}"


def test_the_verdict_on_a_busy_machine() -> None:
    assert verdict(None).startswith("not fit to compare models now")


def test_a_quiet_machine_needs_no_advice() -> None:
    assert advice(QUIET, 2, 0.01, ["waited"], 40, 0.0) == ()


def test_advice_names_the_cause() -> None:
    (said,) = advice(QUIET, 2, 0.01, ["waited"] * 10, 40, None)
    assert (
        said
        == "other processes used the cores in 10 of 40 rounds: close them, or leave them a core: --threads 1"
    )
    (said,) = advice(QUIET, 1, 0.01, ["foreign"] * 10, 40, None)
    assert said.endswith("close them")
    (said,) = advice(replace(QUIET, quota_cores=1.5), 2, 0.01, ["throttled"] * 40, 40, None)
    assert said == "the quota held the process back in 40 of 40 rounds: --threads 1"
    (said,) = advice(replace(QUIET, quota_cores=0.5), 1, 0.01, ["throttled"] * 40, 40, None)
    assert said == "the quota held the process back in 40 of 40 rounds: ask for a larger one"
    (said,) = advice(QUIET, 2, 0.01, [], 40, 0.123)
    assert said.startswith("the hypervisor gave 12.3 % of the time")
    assert (
        advice(replace(QUIET, governor="powersave"), 2, 0.01, [], 40, 0.0) == ()
    )  # the machine's remarks say it
    (said,) = advice(QUIET, 2, 0.05, [], 40, 0.0)
    assert "longer --budget" in said


def test_a_disturbance_is_judged_as_in_rounds() -> None:
    assert disturbance(Witness(waited_s=0.2, stolen_s=0.0), 1.0) == "other processes used our cores"
    assert disturbance(Witness(stolen_s=0.2), 1.0) == "the hypervisor gave our cores to others"
    assert disturbance(Witness(waited_s=0.01, stolen_s=0.01, throttled_s=0.0), 1.0) == ""
    assert disturbance(Witness(), 1.0) == ""
