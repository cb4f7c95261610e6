"""Sessions with the runtime's counters switched on, beside the same session without, all in this process.

They take turns like models under comparison, so that what the counters cost is a paired ratio like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cnnprof.errors import UnknownNameError
from cnnprof.measure.fake import FakeClock, FakeWitness
from cnnprof.measure.interleave import measure
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.bench import Timed
from cnnprof.pipeline.fakes import FAKES, FakeCounters
from cnnprof.pipeline.preparing import Local, own_source, prepare, run_errors
from cnnprof.pipeline.readings import CountedSession, Profiled
from cnnprof.pipeline.roofline import Limits, limits_after, measure_limits
from cnnprof.pipeline.subject import Subject
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.preparation import Preparation
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement
from cnnprof.runtimes.registry import Session


@dataclass(frozen=True, slots=True)
class Rig:
    """What one process has to profile with: sessions of each subject, the machine's limits, a clock and a witness.

    There are no ``limits`` on a device that torch, which measures them, does not have. ``preparations`` tell how the
    sessions were made ready, by their places.
    """

    sessions: tuple[Profiled, ...]
    limits: Limits
    preparations: Mapping[int, Preparation] = field(default_factory=dict)
    clock: FakeClock | None = None
    witness: FakeWitness | None = None

    @property
    def ceilings(self) -> Ceilings | None:
        """The limits of the one setting that all sessions share."""
        return next(iter(self.limits.values()), None)


def make_rig(subjects: Sequence[Subject]) -> Rig:
    """Sessions in this process, checked against eager; made-up ones for the made-up runtimes.

    Raises what making a model ready raises, and UnknownNameError for a file that holds a graph.
    """
    if subjects[0].request.runtime in FAKES:
        clock = FakeClock()
        sessions = tuple(FakeCounters(subject, clock, seed) for seed, subject in enumerate(subjects))
        return Rig(sessions, measure_limits(_asked(subjects[0])), clock=clock, witness=FakeWitness(clock))
    ready = [_ready(subject) for subject in subjects]
    return Rig(
        tuple(Local(each, subject.request) for each, subject in zip(ready, subjects, strict=True)),
        measure_limits(_asked(subjects[0])),
        {place: each.preparation for place, each in enumerate(ready)},
    )


def measure_counted(
    rig: Rig,
    requests: Sequence[Request],
    counted: Sequence[CountedSession],
    twin: Profiled | None,
    on_progress: OnProgress | None,
) -> Measurement:
    """Every network in turns without counters, then each with them; the first request says for how long."""
    first, names = requests[0], [request.model for request in requests]
    return measure(
        [*rig.sessions[: len(requests)], *counted],
        names=[*names, *(f"{name}, layer by layer" for name in names)],
        twin=twin,
        budget_s=first.budget_s,
        precision=first.precision,
        seed=first.seed,
        clock=rig.clock,
        witness=rig.witness,
        on_progress=on_progress,
    )


def limits_again(rig: Rig, subject: Subject, measurement: Measurement) -> tuple[Rig, Measurement]:
    """The rig with the higher of its limits and those measured now, and the measurement, which Ctrl-C may have ended
    by then.
    """
    limits, interrupted = limits_after(_asked(subject), rig.limits, measurement.interrupted)
    return replace(rig, limits=limits), replace(measurement, interrupted=interrupted)


def _asked(subject: Subject) -> list[Request]:
    """Layers are held against the limits whether or not their roofs are shown."""
    return [replace(subject.request, roofline=True)]


def without_counters(measurement: Measurement, rig: Rig, models: int) -> Timed:
    """The part of the measurement that is about the first ``models`` sessions, and how those were made ready."""
    part = replace(measurement, timings=measurement.timings[:models], ratios=measurement.ratios[:models])
    made = {place: made for place, made in rig.preparations.items() if place < models}
    return Timed(part, tuple(range(models)), preparations=made)


def _ready(subject: Subject) -> Session:
    request = subject.request
    if subject.model is None:
        raise UnknownNameError(
            f"{request.model} holds a graph without modules: its layers cannot be timed one by one yet",
            "time the model that it was exported from",
        )
    ready = prepare(request, own_source(subject.source), alone=False)
    with run_errors(request):
        ready.profile(1)  # some compile once more what is to count, which is not to be paid out of the budget
    return ready
