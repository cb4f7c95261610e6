"""The whole flow: subjects made, timed together, and concluded as records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.comparison.standing import stand
from cnnprof.cost.conventions.registry import apply_convention
from cnnprof.errors import UnknownNameError
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.machine.environment import read_environment
from cnnprof.measure.machine.openmp import openmp_notes
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.bench import Timed, time_together
from cnnprof.pipeline.crew import begun, can_be_apart
from cnnprof.pipeline.fakes import FAKES, is_timed
from cnnprof.pipeline.grid import excused, in_their_setting, left_out, on_one_device, pair_up
from cnnprof.pipeline.interrupted import counts_kept
from cnnprof.pipeline.outside import in_one_runtime, refuse_eager_files
from cnnprof.pipeline.resolve import fold_where_there_is
from cnnprof.pipeline.roofline import NONE, Limits, limits_after, measure_limits, under_roofs
from cnnprof.pipeline.subject import Subject, make_subject
from cnnprof.records.environment import Environment
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.request import Request
from cnnprof.runtimes.allocator import keep_memory
from cnnprof.runtimes.cache.place import cache_in_reach
from cnnprof.runtimes.installed import versions_of
from cnnprof.runtimes.registry import RUNTIMES, find_runtime
from cnnprof.version import __version__

if TYPE_CHECKING:
    from torch import nn

INTERRUPTED = "interrupted: this is what had been measured"


def profile(
    request: Request, model: nn.Module | None = None, *, on_progress: OnProgress | None = None
) -> Profile:
    """Counts, memory access and latency of one model; ``model`` stands for the request's name where it is given.

    Its ``warnings`` are also the session's, with an interruption among them. Raises what ``compare`` raises.
    """
    return told_of_session(compare([request], [model], on_progress=on_progress))


def told_of_session(comparison: Comparison) -> Profile:
    """The one profile of a comparison, with what is to be said of the session among its warnings."""
    (found,), measurement = comparison.profiles, comparison.measurement
    said = (INTERRUPTED,) if measurement and measurement.interrupted else ()
    return replace(found, warnings=(*comparison.warnings, *said, *found.warnings))


def compare(
    requests: Sequence[Request],
    models: Sequence[nn.Module | None] | None = None,
    *,
    baseline: int = 0,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """All models counted, then timed in turns of one session, each set against the one at index ``baseline``.

    Interrupted while timing, it returns what was measured, marked so; before the first round is complete it raises
    EarlyInterrupt with the counts. Raises UnknownNameError, FileError, ModelError and MissingRuntimeError, each naming
    the model that it is about.
    """
    if not 0 <= baseline < len(requests):
        raise UnknownNameError(f"baseline {baseline} is not among the {len(requests)} models", "count from 0")
    if is_timed(requests[baseline]):
        # Before anything is built: whether a call faults its pages in anew must not depend on what ran before it.
        keep_memory()
    given = models or [None] * len(requests)
    requests, told = _agreed(requests, given)
    with _cache_for(requests) as notes, begun(requests, [model is not None for model in given]) as nursery:
        subjects = [
            make_subject(request, model, weights=False)
            for request, model in zip(requests, given, strict=True)
        ]
        settled = [subject.request for subject in subjects]
        limits, timed = None, None
        with counts_kept(lambda: _with(conclude(subjects, None, baseline, limits), *told, *notes)):
            if nursery is not None and any(request.roofline for request in settled):
                nursery.settle()  # nothing else runs while limits are measured
            limits = measure_limits(settled)
            if settled[baseline].latency:
                with _left_as_found(settled, given):
                    timed = time_together(subjects, baseline, nursery, on_progress)
    if timed is not None:
        limits, interrupted = limits_after(settled, limits or NONE, timed.measurement.interrupted)
        timed = replace(timed, measurement=replace(timed.measurement, interrupted=interrupted))
    with without_interrupts():
        return _with(conclude(subjects, timed, baseline, limits), *told, *notes)


def _agreed(
    requests: Sequence[Request], given: Sequence[nn.Module | None]
) -> tuple[Sequence[Request], tuple[str, ...]]:
    """What models that are compared have to share, settled, with a word on what had to change for it."""
    refuse_eager_files(requests)
    lacking = left_out(requests)
    requests, moved = in_one_runtime(excused(requests))
    requests, brought = on_one_device(requests)
    if any(model is not None for model in given):
        return requests, (*lacking, *moved, *brought)
    requests, unfolded = fold_where_there_is(requests)
    return requests, (*lacking, *moved, *brought, *unfolded)


def _with(found: Comparison, *said: str) -> Comparison:
    return replace(found, warnings=(*found.warnings, *said))


def _left_as_found(
    requests: Sequence[Request], given: Sequence[nn.Module | None]
) -> AbstractContextManager[None]:
    """What cannot be built again is timed in the caller's process, which gets its settings back."""
    both = zip(requests, given, strict=True)
    if all(request.runtime in FAKES or can_be_apart(request, model is not None) for request, model in both):
        return nullcontext()
    from cnnprof.runtimes.as_found import threads_and_denormals

    return threads_and_denormals()


def _cache_for(requests: Sequence[Request]) -> AbstractContextManager[tuple[str, ...]]:
    """One cache that all processes can write, where any of them converts its model."""
    converts = any(is_timed(request) and request.runtime != "eager" for request in requests)
    return cache_in_reach() if converts else nullcontext(())


def count_entries(names: Sequence[str]) -> list[Profile]:
    """Networks of the zoo counted one by one at their default inputs, each let go before the next is built."""
    environment = describe_environment(runtimes=())
    requests = [Request(name, device="cpu", latency=False) for name in names]
    return [_profile(make_subject(request, calls=False), environment, None, 0) for request in requests]


def conclude(
    subjects: Sequence[Subject], timed: Timed | None, baseline: int, limits: Limits | None = None
) -> Comparison:
    """Counts and times of each model as a Profile, and what they say of each other; under a roof where limits were
    asked for.
    """
    requests = [subject.request for subject in subjects]
    timed_by = [request.runtime for request in requests if request.latency]
    environment = describe_environment(requests[baseline], timed_by)
    profiles = [_profile(subject, environment, timed, i) for i, subject in enumerate(subjects)]
    if limits is not None:
        profiles = under_roofs(subjects, profiles, limits)
    measurement = timed.measurement if timed else None
    pairs = pair_up(profiles, measurement, baseline)
    found = stand(in_their_setting(profiles, baseline, pairs), baseline, measurement, pairs)
    return _with(found, *openmp_notes()) if any(map(is_timed, requests)) else found


def describe_environment(request: Request | None = None, runtimes: Sequence[str] = RUNTIMES) -> Environment:
    """The machine and the software of ``runtimes`` as they are now; with a request the flags that it runs under."""
    from cnnprof.runtimes.eager.device import describe_accelerator

    flags = _flags(request) if request is not None and request.latency else {}
    return read_environment(
        accelerator=describe_accelerator(),
        versions={"cnnprof": __version__, **find_runtime("eager").versions(), **versions_of(runtimes)},
        flags=flags,
    )


def _flags(request: Request) -> dict[str, str]:
    kept = is_timed(request) and keep_memory()
    return {"flush_denormal": "on", "inference_mode": "on", "freed_memory_kept": "on" if kept else "off"}


def _profile(subject: Subject, environment: Environment, timed: Timed | None, index: int) -> Profile:
    request = subject.request
    timing = timed.timing(index) if timed else None
    here = (timed.warnings[index],) if timed and index in timed.warnings else ()
    return Profile(
        request=request,
        source=subject.source.kind,
        counts=subject.counts,
        environment=environment,
        entry=subject.source.entry,
        timing=timing,
        ratio=timed.ratio(index) if timed else None,
        device=request.device,
        threads=request.threads,
        convention=apply_convention(request.convention, subject.graph),
        audits=subject.audits,
        as_trained=subject.as_trained,
        preparation=timed.preparations.get(index) if timed else None,
        failure=timed.failure(index) if timed else "",
        warnings=(*subject.graph.warnings, *here, *(timing.warnings if timing else ())),
    )
