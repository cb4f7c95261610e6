"""Generations of fake sessions, each with its own speed, and sessions that fail when they are told to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import exp
from random import Random

from cnnprof.errors import CnnprofError
from cnnprof.measure.fake import FakeClock, FakeSession, FakeWitness, Latency
from cnnprof.measure.generations import measure_generations
from cnnprof.measure.outcome import Outcome
from cnnprof.measure.session import Taken, Watched, WitnessedSession

STARTUP_S = 2.0


def scaled(latency: Latency, factor: float) -> Latency:
    return lambda now, call, random: factor * latency(now, call, random)


class FakeCrew:
    """``sd``: by what fraction the processes of a model differ, one for all or one for each."""

    def __init__(
        self, latencies: Sequence[Latency], seed: int = 0, sd: float | Sequence[float] = 0.0
    ) -> None:
        self.clock = FakeClock()
        self.latencies = latencies
        self.seed = seed
        self.sds = [sd] * len(latencies) if isinstance(sd, float) else list(sd)
        self.begun: list[list[int]] = []
        self.open = 0
        self._random = Random(seed)

    @contextmanager
    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> Iterator[Mapping[int, WitnessedSession | CnnprofError]]:
        self.clock.advance(STARTUP_S)
        self.begun.append(list(places))
        factors = [exp(self._random.gauss(0.0, sd)) for sd in self.sds]
        self.open += 1
        try:
            yield {place: self.session(place, number, factors[place]) for place in places}
        finally:
            self.open -= 1

    def session(self, place: int, number: int, factor: float) -> WitnessedSession | CnnprofError:
        latency = scaled(self.latencies[place], factor)
        return Watched(
            FakeSession(self.clock, latency, 1000 * self.seed + 10 * number + place), FakeWitness(self.clock)
        )


class CachingCrew(FakeCrew):
    """Models whose turns are faster by ``gain`` where none of another came between: their data is in the caches."""

    def __init__(self, latencies: Sequence[Latency], seed: int, gain: float) -> None:
        super().__init__(latencies, seed)
        self.gain = gain
        self.last: int | None = None

    def session(self, place: int, number: int, factor: float) -> WitnessedSession | CnnprofError:
        """One that notes whose turn it was."""
        session = super().session(place, number, factor)
        assert not isinstance(session, CnnprofError)
        return Caching(self, place, session)


class Caching:
    """A session of a ``CachingCrew``."""

    def __init__(self, crew: CachingCrew, place: int, session: WitnessedSession) -> None:
        self.crew = crew
        self.place = place
        self.inner = session

    def time(self, calls: int) -> Sequence[float]:
        return self.take(calls).seconds

    def take(self, calls: int, core: int | None = None) -> Taken:
        is_warm, self.crew.last = self.crew.last == self.place, self.place
        turn = self.inner.take(calls, core)
        gain = self.crew.gain if is_warm else 0.0
        return turn._replace(seconds=[seconds * (1 - gain) for seconds in turn.seconds])


def timed(crew: FakeCrew, **options: object) -> Outcome:
    """All of a crew's models, the last being the baseline's twin unless told otherwise."""
    twin = bool(options.pop("twin", True))
    names = [f"model{place}" for place in range(len(crew.latencies) - twin)]
    settings: dict[str, object] = {"generations": 3, "budget_s": 6.0, "seed": crew.seed} | options
    return measure_generations(crew, names=names, clock=crew.clock, twin=twin, **settings)  # type: ignore[arg-type]
