from __future__ import annotations

from cnnprof.cli.progress import progress_line
from cnnprof.measure.progress import Progress


def test_a_round_of_several_processes() -> None:
    line = progress_line(Progress("measure", "ghostnet", 11, 40, 1.62, 14.0, generation=1, generations=3))
    assert line == "round 12 of about 40, process 2 of 3  ghostnet  1.62x  at most 14 s left"
    line = progress_line(Progress("measure", "ghostnet", 0, None, None, 14.0))
    assert line == "round 1  ghostnet  at most 14 s left"


def test_what_comes_before_is_named_and_has_no_known_end() -> None:
    starting = Progress("starting", "ghostnet", 0, None, None, 0.0, generation=0, generations=3)
    assert progress_line(starting) == "starting, process 1 of 3  ghostnet"
    assert progress_line(Progress("converting", "ghostnet", 0, None, None, 0.0)) == "converting  ghostnet"
    assert (
        progress_line(Progress("warm-up", "alexnet", 0, None, None, 9.0))
        == "warming up  alexnet  at most 9 s left"
    )
