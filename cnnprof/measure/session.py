"""What measuring is given: something to time, a clock, and a witness of what else the machine did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from cnnprof.measure.machine.placement import current_core, held_to
from cnnprof.measure.machine.witness import difference
from cnnprof.records.timing import Witness


class Session(Protocol):
    """A model made ready to call, with its input already in place."""

    def time(self, calls: int) -> Sequence[float]:
        """Run ``calls`` consecutive forward passes; seconds of each, complete when its time is taken."""
        ...


class Taken(NamedTuple):
    """One turn: seconds of each call, and what was witnessed meanwhile.

    ``lead_in``: the witness was read after the first call. ``core`` is the one that the calling thread ran on, None
    where nobody asked. ``launch_s``: seconds to queue a call, where that is done before the device has run it.
    """

    seconds: Sequence[float]
    witness: Witness
    lead_in: bool = False
    core: int | None = None
    launch_s: float | None = None


class WitnessedSession(Session, Protocol):
    """A session that also tells what happened on the machine during a turn, where it runs."""

    def take(self, calls: int, core: int | None = None) -> Taken:
        """A turn of ``calls`` calls; from a thread that is held to ``core``, where that is given and can be done."""
        ...


class Clock(Protocol):
    """Tells how much of the budget is spent; never used to time a forward pass."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...


class WitnessReader(Protocol):
    """Reads what the machine has done besides our work."""

    def read(self) -> Witness:
        """Running totals; what happened in between is the difference of two readings."""
        ...


class Watched:
    """A session of this process, with this process's witness read before and after each turn.

    Sessions of one process share their threads, so all run on the same cores whatever is asked for.
    """

    def __init__(self, session: Session, witness: WitnessReader) -> None:
        self._session = session
        self._witness = witness

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` calls."""
        return self._session.time(calls)

    def take(self, calls: int, core: int | None = None) -> Taken:
        """A turn, and the difference of the two readings."""
        before = self._witness.read()
        seconds = self._session.time(calls)
        witness = difference(before, self._witness.read())
        return Taken(seconds, witness, launch_s=getattr(self._session, "launch_s", None))


class Woken(Watched):
    """A session of a process that sleeps between its turns: the first call of a turn is a lead-in.

    A process that has just been woken has its threads wait for a core, 2 to 4 ms, until the scheduler has spread them:
    in 62% of first calls, and in 1 to 3% of those that follow (2 threads on 2 cores, four processes in turn). It is
    nobody else's doing, so the witness is read after that call, which is counted in no statistic either.
    """

    def take(self, calls: int, core: int | None = None) -> Taken:
        """A turn from a thread that is held to ``core``; the readings differ by all calls but the first."""
        with held_to(core):
            first = self._session.time(1) if calls > 1 else ()
            where = current_core()
            turn = super().take(calls - len(first))
        return Taken([*first, *turn.seconds], turn.witness, bool(first), where, turn.launch_s)


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()
