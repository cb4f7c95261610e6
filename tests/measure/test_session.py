"""What a turn's witness tells of: the calls that count, not the lead-in."""

from __future__ import annotations

from cnnprof.measure.session import Taken, Watched, Woken
from cnnprof.measure.statistics.disturbance import disturbed_rounds
from cnnprof.records.timing import Turn, Witness


class Waking:
    """A session and the witness of its machine: its threads wait 4 ms in every call that ``waits`` names."""

    def __init__(self, *waits: int) -> None:
        self.waits = waits
        self.calls = 0
        self.waited_s = 0.0

    def time(self, calls: int) -> list[float]:
        for _ in range(calls):
            self.waited_s += 0.004 if self.calls in self.waits else 0.0
            self.calls += 1
        return [0.010] * calls

    def read(self) -> Witness:
        return Witness(waited_s=self.waited_s)


def reasons(turn: Taken, calls: int = 3) -> dict[int, str]:
    assert list(turn.seconds) == [0.010] * calls
    return disturbed_rounds([Turn(0, 0, tuple(turn.seconds), turn.witness, lead_in=turn.lead_in)])


def woken(*waits: int, calls: int = 3) -> dict[int, str]:
    machine = Waking(*waits)
    return reasons(Woken(machine, machine).take(calls), calls)


def test_waiting_for_a_core_while_being_woken_disturbs_nothing() -> None:
    assert woken(0) == {}


def test_waiting_in_a_call_that_counts_does() -> None:
    assert woken(1) == {0: "waited"}
    assert woken(0, 2) == {0: "waited"}


def test_an_only_call_counts() -> None:
    assert woken(0, calls=1) == {0: "waited"}


def test_a_session_that_never_sleeps_is_watched_from_its_first_call() -> None:
    machine = Waking(0)
    assert reasons(Watched(machine, machine).take(3)) == {0: "waited"}


def test_what_queueing_took_is_told_with_the_turn() -> None:
    machine = Waking()
    assert Woken(machine, machine).take(3).launch_s is None
    machine.launch_s = 0.002  # type: ignore[attr-defined]
    assert Woken(machine, machine).take(3).launch_s == 0.002


def test_a_lead_in_is_no_time_that_was_watched() -> None:
    waited = Witness(waited_s=0.0012)  # 6% of the last two calls, 3% of all four
    seconds = (0.010, 0.010, 0.010, 0.010)
    assert disturbed_rounds([Turn(0, 0, seconds, waited)]) == {}
    assert disturbed_rounds([Turn(0, 0, seconds[1:], waited, lead_in=True)]) == {0: "waited"}
