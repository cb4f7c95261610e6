"""measure: networks made ready to call, and timed in turns of one session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnprof.errors import ModelError
from cnnprof.measure.fake import FakeClock, FakeSession, FakeWitness, constant, noisy
from cnnprof.measure.interleave import measure
from cnnprof.measure.progress import Progress
from cnnprof.measure.session import Clock, Session, WitnessReader
from cnnprof.pipeline.subject import FAKE, Subject
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement
from cnnprof.runtimes.registry import Settings, find_runtime

if TYPE_CHECKING:
    from torch import nn

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What measuring is given: sessions ready to call, a second one of the baseline, a clock and a witness."""

    sessions: tuple[Session, ...]
    twin: Session | None
    clock: Clock | None = None
    witness: WitnessReader | None = None


def time_together(subjects: Sequence[Subject], baseline: int, on_progress: Report | None) -> Measurement:
    """All models in turns, with a second instance of the baseline as its own control where there is a pair."""
    request = subjects[baseline].request
    with _named(request):
        bench = _fake_bench(subjects, baseline) if request.runtime == FAKE else _bench(subjects, baseline)
        return measure(
            bench.sessions,
            names=[subject.request.model for subject in subjects],
            baseline=baseline,
            twin=bench.twin,
            budget_s=request.budget_s,
            precision=request.precision,
            seed=request.seed,
            clock=bench.clock,
            witness=bench.witness,
            progress=on_progress,
        )


def _bench(subjects: Sequence[Subject], baseline: int) -> Bench:
    sessions = tuple(_session(subject, _own(subject)) for subject in subjects)
    if len(subjects) == 1:
        return Bench(sessions, None)
    first = subjects[baseline]
    return Bench(sessions, _session(first, _second(first)))


def _own(subject: Subject) -> nn.Module:
    """The network that the session may change; a caller's module stays as it is."""
    return deepcopy(subject.module) if subject.source.kind == "python" else subject.module


def _second(subject: Subject) -> nn.Module:
    """The same network once more, with memory of its own."""
    again = subject.source.build(True, subject.request.seed)
    return deepcopy(again) if again is subject.module or subject.source.kind == "python" else again


def _session(subject: Subject, model: nn.Module) -> Session:
    request = subject.request
    settings = Settings(
        shapes=subject.shapes,
        device=request.device,
        dtype=request.dtype,
        threads=request.threads or 1,
        channels_last=request.channels_last,
        seed=request.seed,
    )
    return find_runtime(request.runtime).prepare(model, settings)


def _fake_bench(subjects: Sequence[Subject], baseline: int) -> Bench:
    """Made-up time: 20 GB/s of memory access and 100 GMAC/s, with 1% noise, on a clock that does not wait."""
    clock = FakeClock()

    def session(subject: Subject, seed: int) -> Session:
        counts = subject.counts
        seconds = 1e-4 + counts.memory_bytes / 20e9 + counts.macs / 100e9
        return FakeSession(clock, noisy(constant(seconds), 0.01), seed)

    sessions = tuple(session(subject, seed) for seed, subject in enumerate(subjects))
    twin = session(subjects[baseline], len(subjects)) if len(subjects) > 1 else None
    return Bench(sessions, twin, clock, FakeWitness(clock))


@contextmanager
def _named(request: Request) -> Iterator[None]:
    """What a kernel or a model's own code raises while it runs, as the model's error."""
    try:
        yield
    except (RuntimeError, TypeError, ValueError, MemoryError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"the models cannot run on {request.device} in {request.dtype} with batch {request.batch}: {lines[0]}",
            "try --device cpu --dtype float32, or a smaller --batch; --no-latency counts without running",
        ) from error
