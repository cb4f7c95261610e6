"""What becomes of models that are timed together, one of which fails, and of those that stay in this process."""

from __future__ import annotations

import pytest
from torch import nn

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError
from cnnprof.measure.processes.process import LostError
from cnnprof.pipeline.bench import RealBench, Timed
from cnnprof.pipeline.subject import make_subject
from cnnprof.records.request import Request
from tests.factory import BASELINE, measurement, profile, ratio

SLOWER = ratio(1.62, "slower")


def test_ratios_are_those_of_the_models_that_could_be_timed() -> None:
    session = measurement([profile(against=BASELINE), profile("ghostnet", 0.02, SLOWER)])
    found = Timed(session, (0, 2), {1: ModelError("too large", "a smaller --batch")})
    assert [found.ratio(place) for place in (0, 1, 2)] == [BASELINE, None, SLOWER]
    assert [found.timing(place) for place in (0, 1, 2)] == [session.timings[0], None, session.timings[1]]
    assert Timed(session, (0,)).ratio(0) is None, "one alone has nothing to be compared with"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LostError("the worker was killed", "more memory"), "the worker was killed"),
        (ModelError("too large", "a smaller --batch"), "ModelError: too large"),
        (
            MissingRuntimeError("ncnn is not installed", "pip install ncnn"),
            "MissingRuntimeError: ncnn is not installed (pip install ncnn)",
        ),
    ],
)
def test_a_row_says_why_it_has_no_time(error: CnnprofError, said: str) -> None:
    found = Timed(measurement([]), (0,), {1: error})
    assert (found.failure(0), found.failure(1)) == ("", said)


def test_a_model_of_this_process_is_made_ready_once() -> None:
    request = Request("Conv2d", inputs=((3, 8, 8),), threads=1, device="cpu", processes=3)
    bench = RealBench([make_subject(request, nn.Conv2d(3, 4, 1))], None, None)
    with bench.generation(0, 2, [0]) as first, bench.generation(1, 2, [0]) as second:
        assert first[0] is second[0]
    assert bench.generations == 1
    assert list(bench.warnings()) == list(bench.preparations) == [0]
