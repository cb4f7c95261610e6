"""What measuring is given: something to time, a clock, and a witness of what else the machine did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from cnnprof.records.timing import Witness


class Session(Protocol):
    """A model made ready to call, with its input already in place."""

    def time(self, calls: int) -> Sequence[float]:
        """Run ``calls`` consecutive forward passes; seconds of each, complete when its time is taken."""
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


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()
