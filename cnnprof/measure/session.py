"""What measuring is given: something to time, a clock, and a witness of what else the machine did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from cnnprof.measure.witness import difference
from cnnprof.records.timing import Witness


class Session(Protocol):
    """A model made ready to call, with its input already in place."""

    def time(self, calls: int) -> Sequence[float]:
        """Run ``calls`` consecutive forward passes; seconds of each, complete when its time is taken."""
        ...


class WitnessedSession(Session, Protocol):
    """A session that also tells what happened on the machine during a turn, where it runs."""

    def take(self, calls: int) -> tuple[Sequence[float], Witness]:
        """Seconds of each of ``calls`` calls, and what was witnessed meanwhile."""
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
    """A session of this process, with this process's witness read before and after each turn."""

    def __init__(self, session: Session, witness: WitnessReader) -> None:
        self._session = session
        self._witness = witness

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` calls."""
        return self._session.time(calls)

    def take(self, calls: int) -> tuple[Sequence[float], Witness]:
        """Seconds of each of ``calls`` calls, and the difference of the two readings."""
        before = self._witness.read()
        seconds = self._session.time(calls)
        return seconds, difference(before, self._witness.read())


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()
