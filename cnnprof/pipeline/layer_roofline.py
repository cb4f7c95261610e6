"""profile --layers --time --roofline: each layer's own time under its roof."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.pipeline.bench import Report
from cnnprof.pipeline.layer_times import prepare_subject, time_subject
from cnnprof.pipeline.resolve import settle
from cnnprof.pipeline.roofline import limits_after, measure_limits, under_roofs
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request

if TYPE_CHECKING:
    from torch import nn


def time_layers_under_roofs(
    request: Request, model: nn.Module | None = None, *, on_progress: Report | None = None
) -> Comparison:
    """What ``time_layers`` finds, held against limits measured before and after it; raises what that raises."""
    asked = [settle(replace(request, roofline=True))]
    subject = prepare_subject(asked[0], model)
    before = measure_limits(asked)
    comparison = time_subject(subject, on_progress=on_progress)
    measurement = comparison.measurement
    assert measurement is not None
    limits, interrupted = limits_after(asked, before, measurement.interrupted)
    return replace(
        comparison,
        profiles=tuple(under_roofs([subject], comparison.profiles, limits)),
        measurement=replace(measurement, interrupted=interrupted),
    )
