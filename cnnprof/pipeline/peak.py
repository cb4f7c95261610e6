"""resolve -> trace -> cost -> what is alive at the peak of memory."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.cost.peak import find_peak
from cnnprof.pipeline.flow import conclude
from cnnprof.pipeline.subject import make_subject
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request


def find_peak_memory(request: Request) -> Profile:
    """The profile without latency, its ``peak`` filled; raises what ``profile`` raises."""
    subject = make_subject(replace(request, latency=False))
    return replace(conclude([subject], None, 0).profiles[0], peak=find_peak(subject.graph))
