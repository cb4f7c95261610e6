"""Which core a network is called from: read, held, given back, and the same for all models of a round."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnnprof.measure.machine.placement import CAN_HOLD, current_core, held_to
from cnnprof.measure.session import Taken, Watched
from cnnprof.records.timing import Measurement
from tests.measure.crews import FakeCrew, timed

linux = pytest.mark.skipif(not CAN_HOLD, reason="this system holds no thread to a core")


@linux
def test_a_thread_is_held_to_a_core_and_let_go() -> None:
    before = os.sched_getaffinity(0)
    for core in before:
        with held_to(core):
            assert os.sched_getaffinity(0) == {core}
            sum(range(1000))
            assert current_core() == core
    assert os.sched_getaffinity(0) == before


@linux
def test_it_is_let_go_after_an_error() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(ValueError, match="broken"), held_to(min(before)):
        raise ValueError("broken")
    assert os.sched_getaffinity(0) == before


@linux
@pytest.mark.parametrize("core", [None, -1, 10_000])
def test_what_is_no_core_of_ours_holds_nothing(core: int | None) -> None:
    before = os.sched_getaffinity(0)
    with held_to(core):
        assert os.sched_getaffinity(0) == before


def test_the_core_stands_behind_a_name_that_looks_like_fields(tmp_path: Path) -> None:
    # pid (name) state, then 35 more fields up to the processor
    (tmp_path / "proc/thread-self").mkdir(parents=True)
    fields = " ".join(["R", *["0"] * 35, "5", "0", "0"])
    (tmp_path / "proc/thread-self/stat").write_text(f"42 (a) b (c) {fields}\n")
    assert current_core(tmp_path) == 5
    assert current_core(tmp_path / "nowhere") is None


class Placed:
    """A session whose process the system puts on ``own`` whenever it is free to."""

    def __init__(self, session: Watched, own: int) -> None:
        self.session, self.own = session, own

    def take(self, calls: int, core: int | None = None) -> Taken:
        where = self.own if core is None else core
        return self.session.take(calls)._replace(core=where)

    def time(self, calls: int) -> list[float]:
        return list(self.session.time(calls))


class PlacedCrew(FakeCrew):
    def session(self, place: int, number: int, factor: float) -> Placed:
        session = super().session(place, number, factor)
        assert isinstance(session, Watched)
        return Placed(session, own=10 * number + place)


def test_all_models_of_a_round_run_where_the_first_was_put() -> None:
    found = timed(PlacedCrew([lambda now, call, random: 0.02] * 3)).measurement
    assert isinstance(found, Measurement)
    rounds: dict[int, list[tuple[int, int, int]]] = {}
    for place, timing in enumerate(found.timings):
        for turn in timing.turns:
            assert turn.core is not None
            rounds.setdefault(turn.round, []).append((turn.position, place, turn.core))
    assert len(rounds) > 6
    for number, turns in rounds.items():
        assert len({core for _, _, core in turns}) == 1, number
        position, place, core = min(turns)
        if position == 0:  # else the twin came first, which is no timing
            assert core % 10 == place
    assert len({core for turns in rounds.values() for _, _, core in turns}) > 3
