from __future__ import annotations

import pytest

from cnnprof.measure.lane import Lane
from cnnprof.measure.warmup import Warmup


def warmup(steady: bool, seconds: float = 0.5) -> Warmup:
    return Warmup(calls=7, seconds=seconds, first_call_s=seconds / 5, fastest_s=seconds / 10, steady=steady)


@pytest.mark.parametrize(
    ("steady", "most"),
    [([True], True), ([False], False), ([True, False], False), ([True, False, True], True)],
)
def test_the_warm_ups_of_all_processes(steady: list[bool], most: bool) -> None:
    lane = Lane("model", warmups=[warmup(each, 0.5 / (1 + place)) for place, each in enumerate(steady)])
    found = lane.warmup()
    assert found.steady == most
    assert found.calls == 7 * len(steady)
    assert found.seconds == sum(each.seconds for each in lane.warmups)
    assert (found.first_call_s, found.fastest_s) == (0.1, 0.05 / len(steady))
