"""The guidelines of ShuffleNet V2 on one network, from its graph and its costs."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.cost.guidelines.assess import assess
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.flow import conclude
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.pipeline.layer_times import prepare_subject, time_subject
from cnnprof.pipeline.subject import Subject, make_subject
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.request import Request


def assess_guidelines(request: Request) -> Profile:
    """The profile without latency, its ``guidelines`` filled; raises what ``profile`` raises."""
    subject = make_subject(replace(request, latency=False))
    found = conclude([subject], None, 0).profiles[0]
    return replace(found, guidelines=assess(subject.graph, subject.counts))


def assess_guidelines_by_time(request: Request, *, on_progress: OnProgress | None) -> Comparison:
    """The one profile with the time of its layers, its guidelines' findings by the time that they could save."""
    subject = prepare_subject(request)
    try:
        return _assessed(subject, time_subject(subject, on_progress=on_progress))
    except EarlyInterrupt as early:
        raise EarlyInterrupt(_assessed(subject, early.counted)) from early


def _assessed(subject: Subject, comparison: Comparison) -> Comparison:
    (found,) = comparison.profiles
    assessed = replace(found, guidelines=assess(subject.graph, subject.counts, found.layer_times))
    return replace(comparison, profiles=(assessed,))
