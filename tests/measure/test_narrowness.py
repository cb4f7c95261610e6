"""A measuring ends where every pair is known to its precision; one that hangs in the balance needs a quarter of it."""

from __future__ import annotations

from typing import cast

import pytest

from cnnprof.measure.narrowness import are_narrow, is_narrow, takes_more_processes
from cnnprof.measure.samples import Samples
from cnnprof.measure.statistics.medians import Estimate, centre_estimate

LOGS = [0.3, -0.2, 0.1, -0.4, 0.25, -0.1, 0.2, -0.3]
WITHIN = centre_estimate(LOGS).half_width


class Known:
    """Pairs whose estimates are given; within the processes, all have the same log ratios."""

    def __init__(self, *halves: float, value: float = 0.0) -> None:
        self._found = [Estimate(value, value - half, value + half, True) for half in halves]

    def ratio(self, index: int, base: int) -> Estimate:
        return self._found[index]

    def groups(self, index: int, base: int) -> list[list[float]]:
        return [LOGS[:4], LOGS[4:]]


@pytest.mark.parametrize(
    ("deviation", "half_width", "narrow"),
    [
        (0.10, 0.0197, True),  # log(1.02) is 0.0198
        (-0.10, 0.0197, True),
        (0.10, 0.0199, False),
        (0.0201, 0.0100, True),  # just more than two half-widths from no difference
        (0.0200, 0.0100, False),
        (0.0, 0.0049, True),  # log(1.005) is 0.00499
        (0.0, 0.0050, False),
    ],
)
def test_how_narrow_is_narrow_enough_for_2_percent(deviation: float, half_width: float, narrow: bool) -> None:
    assert is_narrow(deviation, half_width, 0.02) is narrow


def test_one_wide_pair_keeps_a_measuring_going() -> None:
    samples = cast(Samples, Known(0.001, 0.02))
    assert are_narrow(samples, [(0, 2)], 0.02)
    assert not are_narrow(samples, [(0, 2), (1, 2)], 0.02)


@pytest.mark.parametrize(
    ("share", "half", "more"),
    # At the end of the budget chance within the processes leaves sqrt(share) of what it left so far.
    [(1.0, 2.1, True), (1.0, 1.9, False), (0.64, 1.7, True), (0.64, 1.5, False)],
)
def test_more_processes_where_chance_within_them_will_not_be_half_the_interval(
    share: float, half: float, more: bool
) -> None:
    open_pair = cast(Samples, Known(half * WITHIN))
    assert takes_more_processes(open_pair, [(0, 1)], share, 0.02) is more
    clear = cast(Samples, Known(half * WITHIN, value=2.1 * half * WITHIN))
    assert not takes_more_processes(clear, [(0, 1)], share, 0.02), "no more can be told of it"
    assert not takes_more_processes(open_pair, [(0, 1)], share, 10.0), "as narrow as was asked for"
