"""A fake clock and fake sessions: every rule of measuring is tested with them, exactly and without waiting.

>>> clock = FakeClock()
>>> session = FakeSession(clock, noisy(constant(0.010), 0.02), seed=1)
>>> len(session.time(3))
3
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cnnprof.records.timing import Witness

Latency = Callable[[float, int, Random], float]
"""Seconds of one call, from the time it starts (seconds), its number (from 0) and a source of chance."""


@dataclass(slots=True)
class FakeClock:
    """A clock that moves only when told to."""

    seconds: float = 0.0

    def now(self) -> float:
        """Seconds so far."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


class FakeSession:
    """A model whose every call takes what ``latency`` says, in fake time."""

    def __init__(self, clock: FakeClock, latency: Latency, seed: int = 0, overhead_s: float = 0.0) -> None:
        self.clock = clock
        self.latency = latency
        self.calls = 0
        self.overhead_s = overhead_s
        self._random = Random(seed)

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` calls; the clock moves on by their sum and the overhead of each."""
        return [self._call() for _ in range(calls)]

    def _call(self) -> float:
        seconds = self.latency(self.clock.now(), self.calls, self._random)
        self.calls += 1
        self.clock.advance(seconds + self.overhead_s)
        return seconds


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another process that keeps one core busy from ``start_s`` to ``end_s`` and slows us by ``factor``."""

    start_s: float
    end_s: float
    factor: float = 2.0

    def present_s(self, now: float) -> float:
        """How long it has run until ``now``."""
        return max(0.0, min(now, self.end_s) - self.start_s)


class FakeWitness:
    """Tells of the neighbours, as the kernel would: their core time, and our threads' waiting for it."""

    def __init__(self, clock: FakeClock, neighbours: tuple[Neighbour, ...] = ()) -> None:
        self._clock = clock
        self._neighbours = neighbours

    def read(self) -> Witness:
        """Running totals at the clock's present time."""
        present = sum(neighbour.present_s(self._clock.now()) for neighbour in self._neighbours)
        return Witness(stolen_s=0.0, foreign_s=present, switches=0, throttled_s=0.0, waited_s=present)


def constant(seconds: float) -> Latency:
    """Every call takes the same time."""
    return lambda now, call, random: seconds


def noisy(latency: Latency, sigma: float) -> Latency:
    """Times log-normal noise: ``sigma`` 0.02 is about 2%."""
    return lambda now, call, random: latency(now, call, random) * math.exp(random.gauss(0.0, sigma))


def outliers(latency: Latency, share: float, factor: float) -> Latency:
    """A share of the calls takes ``factor`` times as long."""
    return lambda now, call, random: latency(now, call, random) * (factor if random.random() < share else 1.0)


def drifting(latency: Latency, amplitude: float, period_s: float) -> Latency:
    """A machine whose speed swings by the factor ``exp(amplitude)`` up and down, once in ``period_s``."""
    return lambda now, call, random: (
        latency(now, call, random) * math.exp(amplitude * math.sin(2 * math.pi * now / period_s))
    )


def first_calls(latency: Latency, calls: int, factor: float) -> Latency:
    """The first ``calls`` calls take ``factor`` times as long: allocation, autotuning, compilation."""
    return lambda now, call, random: latency(now, call, random) * (factor if call < calls else 1.0)


def beside(latency: Latency, *neighbours: Neighbour) -> Latency:
    """Slowed by each neighbour while it runs."""

    def seconds(now: float, call: int, random: Random) -> float:
        present = [other.factor for other in neighbours if other.start_s <= now < other.end_s]
        return latency(now, call, random) * math.prod(present)

    return seconds
