"""The whole flow: subjects made, timed together, and concluded as records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnprof.comparison.correlation import correlations
from cnnprof.comparison.sentences import sentences
from cnnprof.cost.conventions.registry import apply_convention
from cnnprof.errors import UnknownNameError
from cnnprof.measure.allocator import keep_memory
from cnnprof.measure.environment import read_environment
from cnnprof.pipeline.bench import Report, time_together
from cnnprof.pipeline.subject import FAKE, Subject, make_subject
from cnnprof.records.counts import Counts
from cnnprof.records.environment import Environment
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement
from cnnprof.runtimes.registry import find_runtime
from cnnprof.version import __version__

if TYPE_CHECKING:
    from torch import nn


def profile(
    request: Request, model: nn.Module | None = None, *, on_progress: Report | None = None
) -> Profile:
    """Counts, memory access and latency of one model; ``model`` stands for the request's name where it is given.

    Raises what ``compare`` raises.
    """
    return compare([request], [model], on_progress=on_progress).profiles[0]


def compare(
    requests: Sequence[Request],
    models: Sequence[nn.Module | None] | None = None,
    *,
    baseline: int = 0,
    on_progress: Report | None = None,
) -> Comparison:
    """All models counted, then timed in turns of one session, each set against the one at index ``baseline``.

    Interrupted while timing, it returns what was measured, marked so. Raises UnknownNameError, FileError, ModelError
    and MissingRuntimeError, each naming the model that it is about.
    """
    if not 0 <= baseline < len(requests):
        raise UnknownNameError(f"baseline {baseline} is not among the {len(requests)} models", "count from 0")
    if requests[baseline].latency and requests[baseline].runtime != FAKE:
        # Before anything is built: whether a call faults its pages in anew must not depend on what ran before it.
        keep_memory()
    given = models or [None] * len(requests)
    subjects = [make_subject(request, model) for request, model in zip(requests, given, strict=True)]
    timed = subjects[baseline].request.latency
    measurement = time_together(subjects, baseline, on_progress) if timed else None
    return conclude(subjects, measurement, baseline)


def count(request: Request, model: nn.Module | None = None) -> Counts:
    """Only the counts of one model, without the records around them."""
    return make_subject(request, model).counts


def count_entries(names: Sequence[str]) -> list[Profile]:
    """Networks of the zoo counted one by one at their default inputs, each let go before the next is built."""
    environment = describe_environment()
    requests = [Request(name, device="cpu", latency=False) for name in names]
    return [_profile(make_subject(request), environment, None, 0) for request in requests]


def conclude(subjects: Sequence[Subject], measurement: Measurement | None, baseline: int) -> Comparison:
    """Counts and times of each model as a Profile, and what they say of each other."""
    environment = describe_environment(subjects[baseline].request)
    profiles = [_profile(subject, environment, measurement, i) for i, subject in enumerate(subjects)]
    return Comparison(
        profiles=tuple(profiles),
        baseline=baseline,
        measurement=measurement,
        sentences=sentences(profiles, baseline),
        correlations=correlations(profiles),
        warnings=measurement.warnings if measurement else (),
    )


def describe_environment(request: Request | None = None) -> Environment:
    """The machine and the software as they are now; with a request also the flags that it runs under."""
    runtime = find_runtime("eager")
    flags = {} if request is None or not request.latency else _flags(request)
    device = runtime.resolve_device("auto")
    return read_environment(
        accelerator=None if device == "cpu" else device,
        versions={"cnnprof": __version__, **runtime.versions()},
        flags=flags,
    )


def _flags(request: Request) -> dict[str, str]:
    kept = request.runtime != FAKE and keep_memory()
    return {"flush_denormal": "on", "inference_mode": "on", "freed_memory_kept": "on" if kept else "off"}


def _profile(
    subject: Subject, environment: Environment, measurement: Measurement | None, index: int
) -> Profile:
    request = subject.request
    timing = measurement.timings[index] if measurement else None
    alone = measurement is None or len(measurement.timings) == 1
    return Profile(
        request=request,
        source=subject.source.kind,
        counts=subject.counts,
        environment=environment,
        entry=subject.source.entry,
        timing=timing,
        ratio=None if measurement is None or alone else measurement.ratios[index],
        device=request.device,
        threads=request.threads,
        convention=apply_convention(request.convention, subject.graph),
        audits=subject.audits,
        as_trained=subject.as_trained,
        warnings=(*subject.graph.warnings, *(timing.warnings if timing else ())),
    )
