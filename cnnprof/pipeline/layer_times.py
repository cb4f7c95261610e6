"""profile --time: one network with and without its runtime's counters, and the time of each of its layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cost.attribution import attribute
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.counters import Rig, limits_again, make_rig, measure_counted, without_counters
from cnnprof.pipeline.fakes import is_timed
from cnnprof.pipeline.flow import conclude
from cnnprof.pipeline.interrupted import counts_kept
from cnnprof.pipeline.readings import CountedSession, gather_readings, middle_calls
from cnnprof.pipeline.roofline import under_roofs
from cnnprof.pipeline.subject import Subject, make_subject
from cnnprof.records.layer_times import ONE_BY_ONE, LayerTimes
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement
from cnnprof.runtimes.allocator import keep_memory

if TYPE_CHECKING:
    from torch import nn


def time_layers(
    request: Request, model: nn.Module | None = None, *, on_progress: OnProgress | None = None
) -> Comparison:
    """The profile of one model with its ``layer_times``; its ``timing`` is that of the calls without counters. With
    ``roofline`` in the request each layer stands under its roof.

    Everything runs in this process. Raises what ``profile`` raises, and MissingRuntimeError where the runtime has no
    counters; Ctrl-C before the first round raises EarlyInterrupt with the counts.
    """
    return time_subject(prepare_subject(request, model), on_progress=on_progress)


def time_subject(subject: Subject, *, on_progress: OnProgress | None) -> Comparison:
    """The same for a subject that is there already."""
    request = subject.request
    with counts_kept(lambda: conclude([subject], None, 0)):
        rig = make_rig([subject])
        counted = CountedSession(rig.sessions[0])
        measurement = measure_counted(rig, [request], [counted], None, on_progress)
    rig, measurement = limits_again(rig, subject, measurement)
    with without_interrupts():
        return _conclude(subject, counted, measurement, rig)


def _conclude(subject: Subject, counted: CountedSession, measurement: Measurement, rig: Rig) -> Comparison:
    comparison = conclude([subject], without_counters(measurement, rig, 1), 0)
    times = conclude_layers(subject, counted, measurement, rig, 1)
    profile = comparison.profiles[0]
    warnings = (*profile.warnings, *_doubts(rig, subject.request))
    profile = replace(profile, layer_times=times, ratio=None, warnings=warnings)
    return replace(comparison, profiles=tuple(under_roofs([subject], [profile], rig.limits)))


def _doubts(rig: Rig, request: Request) -> tuple[str, ...]:
    """What is missing where the device's memory was not measured, or was beside other work."""
    if rig.ceilings is None:
        return (
            "layers that work from cache are not marked: torch measures memory, and has no device "
            f"{request.device} here",
        )
    told = "" if request.roofline else rig.ceilings.doubt  # the roofline has it
    return (told,) if told else ()


def prepare_subject(request: Request, model: nn.Module | None = None) -> Subject:
    """The subject of a request that is to be timed in this process."""
    request = replace(request, latency=True)
    if is_timed(request):
        keep_memory()  # before anything is built: see flow.compare
    return make_subject(request, model)


def conclude_layers(
    subject: Subject, counted: CountedSession, measurement: Measurement, rig: Rig, place: int
) -> LayerTimes:
    """What the counters told of a subject, set to its graph; the counted session stood at ``place``."""
    readings = gather_readings(counted, measurement.timings[place])
    runtime = subject.request.runtime
    return LayerTimes(
        runtime=runtime,
        layers=attribute(readings.rows, subject.graph, fuses=runtime not in ONE_BY_ONE),
        total=readings.total,
        slowdown=measurement.ratios[place],
        counted=middle_calls(readings),
        bandwidth=rig.ceilings.memory.per_s if rig.ceilings else None,
    )
