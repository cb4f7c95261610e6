from __future__ import annotations

from math import exp, log, sqrt
from random import Random
from statistics import stdev

import pytest

from cnnprof.measure.statistics.between import (
    Spread,
    latency_estimate,
    process_medians,
    ratio_estimate,
    shared_spread,
    student,
)
from cnnprof.measure.statistics.medians import centre_estimate, median_estimate
from cnnprof.records.timing import Turn, Witness


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 20, 1000])
def test_students_quantile(confidence: float, freedom: int) -> None:
    from scipy.stats import t

    assert student(confidence, freedom) == pytest.approx(t.ppf((1 + confidence) / 2, freedom), rel=2e-3)


def lane(effects: list[float], rounds: int = 4) -> list[Turn]:
    """A turn a round, whose log time is the effect of its generation."""
    return [
        Turn(generation * rounds + number, 0, (9.0, exp(effect)), Witness(), generation=generation)
        for generation, effect in enumerate(effects)
        for number in range(rounds)
    ]


def test_what_processes_share() -> None:
    # Models differ by 1, generations by 0.5; what is left are +-0.01 in a table without its means.
    left = [[0.01, -0.01, 0.0], [-0.01, 0.01, 0.0]]
    lanes = [lane([k * 1.0 + g * 0.5 + left[k][g] for g in range(3)]) for k in range(2)]
    found = shared_spread(lanes)
    assert found is not None
    assert found.freedom == (2 - 1) * (3 - 1)
    assert found.sd == pytest.approx(sqrt(4 * 0.01**2 / 2))
    assert shared_spread(lanes[:1]) is None
    assert shared_spread([lane([0.1]), lane([0.2])]) is None
    assert shared_spread([]) is None


def test_rounds_in_which_one_was_missing_do_not_count() -> None:
    lanes = [lane([0.0, 0.1, 0.2]), lane([0.0, 0.1, 0.2])]
    late = [Turn(99, 0, (1.0, 50.0), Witness(), generation=2)]
    found = shared_spread([lanes[0] + late, lanes[1]])
    assert found is not None
    assert found.sd == pytest.approx(0.0, abs=1e-12)


def test_one_generation_is_the_plain_centre() -> None:
    values = [0.01, 0.03, 0.02, 0.05, 0.0, 0.02, 0.01]
    assert ratio_estimate([values], Spread(0.5, 4)) == centre_estimate(values)
    assert ratio_estimate([values, []], Spread(0.5, 4)) == centre_estimate(values)


def test_the_widest_of_three() -> None:
    tight = [[c + 1e-4 * k for k in (-2, -1, 0, 1, 2)] for c in (0.01, 0.02, 0.06)]
    own = stdev([0.01, 0.02, 0.06])
    alone = ratio_estimate(tight, None)
    assert alone.value == pytest.approx(0.03)
    assert alone.half_width == pytest.approx(student(0.95, 2) * own / sqrt(3), rel=1e-3)
    wide = ratio_estimate(tight, Spread(0.05, 6))
    assert wide.half_width == pytest.approx(student(0.95, 6) * sqrt(2) * 0.05 / sqrt(3))
    against_two = ratio_estimate(tight, Spread(0.05, 6), instances=2)  # whose mean is better known
    assert against_two.half_width == pytest.approx(student(0.95, 6) * sqrt(1.5) * 0.05 / sqrt(3))
    quiet = ratio_estimate(tight, Spread(0.0001, 6))
    assert quiet.half_width == pytest.approx(student(0.95, 2) * own / sqrt(3), rel=1e-3)
    loose = [[0.0, 0.1, -0.1, 0.2, -0.2, 0.15, -0.15]] * 3
    inside = centre_estimate([value for group in loose for value in group])
    assert ratio_estimate(loose, Spread(0.0, 6)).half_width == pytest.approx(inside.half_width, rel=0.05)


@pytest.mark.parametrize("generations", [3, 5, 11])
def test_a_pair_that_differs_more_than_the_twin_does_is_covered(generations: int) -> None:
    """The twin may agree with its own model while another program's processes scatter, as those of compiled do."""
    draw, hits, asked = Random(0), 0, 500
    for _ in range(asked):
        effects = [draw.gauss(0.0, 0.04) for _ in range(generations)]
        same = [0.0] * generations
        shared = shared_spread([lane(same, 1), lane(effects, 1), lane(same, 1)])
        found = ratio_estimate([[effect] * 9 for effect in effects], shared, instances=2)
        hits += found.low <= 0.0 <= found.high
    assert hits / asked >= 0.93


def test_generations_weigh_alike_where_processes_differ() -> None:
    found = ratio_estimate([[0.0] * 9, [0.1]], Spread(0.1, 4))
    assert found.value == pytest.approx(0.05)
    assert found.half_width >= student(0.95, 4) * sqrt(2) * 0.1 / sqrt(2)


def test_generations_weigh_by_their_rounds_where_only_chance_within_differs() -> None:
    long, short = [0.2, -0.2] * 27, [0.3, -0.1] * 3  # centres 0 and 0.1
    assert ratio_estimate([long, short], Spread(0.01, 4)).value == pytest.approx(0.1 * 6 / 60)
    between = ratio_estimate([long, short], Spread(0.08, 4)).value
    assert 0.01 < between < 0.05


def test_a_latency_is_as_certain_as_its_processes_agree() -> None:
    groups = {g: [[seconds] * 4] * 5 for g, seconds in enumerate((0.010, 0.011, 0.012))}
    found = latency_estimate(groups)
    assert process_medians(groups) == [0.010, 0.011, 0.012]
    width = exp(student(0.95, 2) * stdev(map(log, (0.010, 0.011, 0.012))) / sqrt(3))
    assert width > 1.2  # so that the interval would reach beyond every call ever made
    assert [found.value, found.low, found.high] == pytest.approx([0.011, 0.010, 0.012])
    scattered = {g: [*turns, [0.002], [0.05]] for g, turns in groups.items()}
    found = latency_estimate(scattered)
    assert [found.value, found.low, found.high] == pytest.approx([0.011, 0.011 / width, 0.011 * width])
    assert latency_estimate({0: groups[0]}) == median_estimate(groups[0])
