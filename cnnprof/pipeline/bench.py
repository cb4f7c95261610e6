"""measure: networks made ready to call, each in processes of its own, and timed in turns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from cnnprof.errors import CnnprofError, MissingRuntimeError
from cnnprof.measure.generations import measure_generations
from cnnprof.measure.machine.witness import SystemWitness
from cnnprof.measure.outcome import Outcome
from cnnprof.measure.processes.process import LostError
from cnnprof.measure.progress import OnProgress
from cnnprof.measure.session import Clock, SystemClock, Watched, WitnessedSession
from cnnprof.pipeline.crew import Crew, can_be_apart
from cnnprof.pipeline.fakes import FAKES, FakeBench
from cnnprof.pipeline.nursery import Nursery
from cnnprof.pipeline.preparing import Local, own_source, prepare
from cnnprof.pipeline.subject import Subject
from cnnprof.records.grid import grid_of, setting_of
from cnnprof.records.preparation import Preparation
from cnnprof.records.timing import Measurement, Ratio, Timing

HERE = (
    "timed in the calling process, once: only a model given by its name, with numbers and text for arguments, can be "
    "built again in processes of its own"
)


@dataclass(frozen=True, slots=True)
class Timed:
    """What became of every model, by its place among those asked for."""

    measurement: Measurement
    places: tuple[int, ...]
    failures: Mapping[int, CnnprofError] = field(default_factory=dict)
    preparations: Mapping[int, Preparation] = field(default_factory=dict)
    warnings: Mapping[int, str] = field(default_factory=dict)

    def timing(self, place: int) -> Timing | None:
        """Its latency, where it could be timed."""
        return self.measurement.timings[self.places.index(place)] if place in self.places else None

    def ratio(self, place: int) -> Ratio | None:
        """Its ratio to the baseline, where both could be timed."""
        alone = len(self.places) + len(self.failures) == 1
        if alone or place not in self.places or not self.measurement.ratios:
            return None
        return self.measurement.ratios[self.places.index(place)]

    def failure(self, place: int) -> str:
        """Why it could not be timed; empty where it was."""
        error = self.failures.get(place)
        return "" if error is None else _reason(error)


def time_together(
    subjects: Sequence[Subject], baseline: int, nursery: Nursery | None, on_progress: OnProgress | None
) -> Timed:
    """All models in turns, with a second instance of the baseline as its own control where there is a pair.

    Raises the error of the first model where none could be timed.
    """
    lanes = [*subjects, *([subjects[baseline]] if len(subjects) > 1 else [])]
    request = subjects[baseline].request
    bench: FakeBench | RealBench
    if request.runtime in FAKES:
        bench = FakeBench(lanes)
    else:
        bench = RealBench(lanes, nursery, on_progress)
    outcome = measure_generations(
        bench,
        names=[subject.request.model for subject in subjects],
        clock=bench.clock,
        baseline=baseline,
        bases=_bases(subjects, baseline),
        twin=len(subjects) > 1,
        generations=bench.generations,
        budget_s=request.budget_s,
        precision=request.precision,
        seed=request.seed,
        on_progress=on_progress,
    )
    return _timed(subjects, outcome, bench)


def _bases(subjects: Sequence[Subject], baseline: int) -> list[int]:
    """For each model the baseline's at its own setting, which its ratio is reported to."""
    grid = grid_of(subjects, baseline)
    bases = [grid.base(setting_of(subject)) for subject in subjects]
    return [baseline if base is None else base for base in bases]


class RealBench:
    """Processes for the models that can be built in one; the others are timed in this process, the same each time."""

    def __init__(
        self, lanes: Sequence[Subject], nursery: Nursery | None, on_progress: OnProgress | None
    ) -> None:
        self.clock: Clock = SystemClock()
        self._lanes = lanes
        apart = {place: subject.request for place, subject in enumerate(lanes) if _is_apart(subject)}
        self.generations = lanes[0].request.processes if apart else 1
        built = {place: _structure(lanes[place]) for place in apart}
        self._crew = Crew(apart, built, nursery, on_progress) if apart and nursery else None
        self._here: dict[int, WitnessedSession | CnnprofError] = {}
        self.preparations: dict[int, Preparation] = self._crew.preparations if self._crew else {}

    @contextmanager
    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> Iterator[Mapping[int, WitnessedSession | CnnprofError]]:
        """Sessions for all models; those of this process are made ready first, while nothing else runs."""
        here = [place for place in places if self._crew is None or not _is_apart(self._lanes[place])]
        for place in here:
            if place not in self._here:
                self._here[place] = self._make_ready(place)
        found = {place: self._here[place] for place in here}
        if self._crew is None:
            yield found
            return
        with self._crew.generation(number, planned, places) as others:
            yield {**found, **others}

    def warnings(self) -> dict[int, str]:
        """What is to be said of the models that are timed in this process."""
        return dict.fromkeys(self._here, HERE)

    def _make_ready(self, place: int) -> WitnessedSession | CnnprofError:
        subject = self._lanes[place]
        try:
            ready = prepare(subject.request, own_source(subject.source), alone=False)
        except CnnprofError as error:
            return error
        self.preparations[place] = ready.preparation
        return Watched(Local(ready, subject.request), SystemWitness(threads=subject.request.threads))


def _structure(subject: Subject) -> str:
    """What its process has to build too; empty where a file says it."""
    from cnnprof.zoo.build import structure_of

    return structure_of(subject.model) if subject.model is not None else ""


def _is_apart(subject: Subject) -> bool:
    return can_be_apart(subject.request, subject.source.kind == "python")


def _timed(subjects: Sequence[Subject], outcome: Outcome, bench: RealBench | FakeBench) -> Timed:
    if outcome.measurement is None:
        place, error = next(iter(outcome.failures.items()))
        _raise(error, subjects[place].request.model)
    preparations = {place: made for place, made in bench.preparations.items() if place < len(subjects)}
    said = {place: text for place, text in bench.warnings().items() if place in outcome.places}
    return Timed(outcome.measurement, outcome.places, outcome.failures, preparations, said)


def _raise(error: CnnprofError, model: str) -> NoReturn:
    """The error under its model's name, for there is no row to say it in."""
    if model in error.message:
        raise error
    raise type(error)(f"{model}: {error.message}", error.hint) from error


def _reason(error: CnnprofError) -> str:
    """In the row of the model: how its process ended, or the kind of error, its text and what it takes."""
    if isinstance(error, LostError):
        return error.message
    install = f" ({error.hint})" if isinstance(error, MissingRuntimeError) and error.hint else ""
    return f"{type(error).__name__}: {error.message}{install}"
