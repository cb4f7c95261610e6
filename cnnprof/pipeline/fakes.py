"""Machines of made-up time, for tests and demonstrations: not offered by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import exp
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnprof.errors import UnknownNameError
from cnnprof.measure.fake import FakeClock, FakeSession, FakeWitness, constant, noisy
from cnnprof.measure.session import Watched, WitnessedSession
from cnnprof.records.ceilings import Ceilings, Rate
from cnnprof.records.layer_times import RuntimeLayer

if TYPE_CHECKING:
    from cnnprof.errors import CnnprofError
    from cnnprof.pipeline.subject import Subject
    from cnnprof.records.preparation import Preparation
    from cnnprof.records.request import Request

# They run nothing; by the bytes a second they move. On the second, memory access hardly matters, so that models can
# change their order.
FAKES: Mapping[str, float] = MappingProxyType({"fake": 20e9, "fake-wide": 500e9})
FAKE_MACS_PER_S = 100e9
FAKE_CALL_S = 2e-6


def is_timed(request: Request) -> bool:
    """Whether its latency is asked for, on a machine that is real."""
    return request.latency and request.runtime not in FAKES


def refuse_beside_real(runtimes: Collection[str]) -> None:
    """UnknownNameError where one of them is made up and another is not: they have no clock in common."""
    made_up = [name for name in runtimes if name in FAKES]
    if made_up and len(made_up) < len(runtimes):
        raise UnknownNameError(
            f"{made_up[0]} takes made-up time: it cannot stand beside a runtime", "leave it out"
        )


class FakeBench:
    """Made-up time: memory access at a rate of ``FAKES``, 100 GMAC/s, 1% noise, processes that differ by 0.1%, on a
    clock that does not wait.
    """

    def __init__(self, lanes: Sequence[Subject]) -> None:
        self.clock = FakeClock()
        self._lanes = lanes
        self.generations = lanes[0].request.processes
        self.preparations: dict[int, Preparation] = {}

    @contextmanager
    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> Iterator[Mapping[int, WitnessedSession | CnnprofError]]:
        """Fresh sessions; the same for the same place and number."""
        witness = FakeWitness(self.clock)
        yield {place: Watched(self._session(place, number), witness) for place in places}

    def warnings(self) -> dict[int, str]:
        """None."""
        return {}

    def _session(self, place: int, number: int) -> FakeSession:
        subject, seed = self._lanes[place], 100 * number + place
        counts = subject.counts
        moving = counts.memory_bytes / FAKES[subject.request.runtime]
        seconds = 1e-4 + moving + counts.macs / FAKE_MACS_PER_S
        of_process = exp(Random(seed).gauss(0.0, 0.001))
        return FakeSession(self.clock, noisy(constant(seconds * of_process), 0.01), seed)


class FakeCounters:
    """Made-up time of every op that costs something, a tenth more for the rest, and 5% for the counters."""

    def __init__(self, subject: Subject, clock: FakeClock, seed: int) -> None:
        rate = FAKES[subject.request.runtime]
        self._clock = clock
        self._random = Random(-1 - seed)  # noise of its own, apart from that of the calls without
        self._ops = [
            (op, FAKE_CALL_S + op.memory_bytes / rate + op.macs / FAKE_MACS_PER_S)
            for op in subject.counts.ops
            if op.status != "free"
        ]
        self._plain = FakeSession(clock, noisy(constant(1.1 * sum(s for _, s in self._ops)), 0.01), seed)

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each call, without counters."""
        return self._plain.time(calls)

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """A row for every op."""
        factors = [exp(self._random.gauss(0.0, 0.01)) for _ in range(calls)]
        rows = [
            RuntimeLayer(op.function, (op.path,), (op.function,), tuple(s * factor for factor in factors))
            for op, s in self._ops
        ]
        inside = sum(s for _, s in self._ops)
        total = [1.15 * inside * factor for factor in factors]
        self._clock.advance(sum(total))
        return rows, total


def fake_ceilings(dtype: str, threads: int, bytes_per_s: float) -> Ceilings:
    """The limits of made-up time: 100 GMAC/s, and a cache ten times as fast as the memory."""
    return Ceilings(
        dtype,
        threads,
        "cpu",
        Rate(FAKE_MACS_PER_S, "made up"),
        Rate(bytes_per_s, "made up"),
        Rate(10 * bytes_per_s, "made up"),
        overhead_s=1e-6,
    )
