"""What every known counter prints for one network, from the one trace of it."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.cost.conventions.registry import apply_all
from cnnprof.pipeline.flow import conclude
from cnnprof.pipeline.outside import without_modules
from cnnprof.pipeline.subject import make_subject
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request


def count_conventions(request: Request) -> Profile:
    """The profile without latency, its ``conventions`` filled; raises what ``profile`` raises."""
    subject = make_subject(replace(request, latency=False))
    if subject.model is None:
        raise without_modules("every counter but paper", "--conventions")
    found = conclude([subject], None, 0).profiles[0]
    return replace(found, conventions=apply_all(subject.graph))
