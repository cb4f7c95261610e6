from __future__ import annotations

from random import Random

import pytest

from cnnprof.measure.statistics.outliers import FEWEST, classify
from cnnprof.records.timing import Outliers

EVEN = [1.0 + 0.01 * k for k in range(9)]  # quartiles 1.02 and 1.06: fences 0.96, 1.12 and 1.18


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (1.11, Outliers()),
        (1.15, Outliers(slow=1)),
        (1.30, Outliers(very_slow=1)),
        (0.80, Outliers(fast=1)),
    ],
)
def test_beyond_which_fence(call: float, found: Outliers) -> None:
    assert classify([[*EVEN, call]]) == found


def test_processes_are_held_against_themselves() -> None:
    slower = [3.0 * each for each in EVEN]
    assert classify([EVEN, slower]) == Outliers()
    assert classify([[*EVEN, 2.0], [*slower, 9.0]]) == Outliers(very_slow=2)


def test_of_few_calls_nothing_is_said() -> None:
    assert classify([[1.0] * (FEWEST - 2) + [50.0]]) == Outliers()
    assert classify([]) == Outliers()


def test_about_seven_in_a_thousand_of_normal_calls() -> None:
    """Tukey's fences leave out 0.7% of a normal distribution, and hardly any of that is severe."""
    draw = Random(0)
    found = classify([[draw.gauss(1.0, 0.01) for _ in range(20_000)]])
    assert 0.005 < (found.fast + found.slow) / 20_000 < 0.009
    assert found.very_slow <= 2
