"""``cnnprof profile MODEL --layers --time``, with or without ``--roofline``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cli.combinations import check_measures, check_rows_shown
from cnnprof.cli.ending import finish
from cnnprof.cli.measuring import all_warnings, check_asked
from cnnprof.cli.options import Settings
from cnnprof.cli.output import Results
from cnnprof.cli.pictures import Drawing, plotted, profile_chart
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison, Profile
    from cnnprof.render.text.table import Report

TIMED = "profile --time"
ONE_PROCESS = ("processes",)  # calls with and without the counters take turns in one


def show_layer_times(
    model: str, settings: Settings, depth: int | None, top: int | None, drawing: Drawing
) -> None:
    """Time one network with its runtime's counters, each layer against its roof where that was asked for."""
    check_timed_rows(settings, depth, top, drawing)
    comparison = measure_layers(model, settings, drawing.roofline)
    found = comparison.profiles[0]
    results = Results(
        [found],
        layers_report(comparison, depth, top, drawing.plot),
        all_warnings(comparison),
        lambda: as_csv(found, depth, top),
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )
    finish(results, settings, comparison.interrupted)


def check_timed_rows(settings: Settings, depth: int | None, top: int | None, drawing: Drawing) -> None:
    """What can be refused without torch."""
    check_measures(settings)
    check_asked(settings, drawing)
    check_rows_shown(settings, depth, top)
    check_refused(TIMED, settings, ONE_PROCESS)


def measure_layers(model: str, settings: Settings, roofline: bool) -> Comparison:
    """The profile with its layer times."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.layer_times import time_layers

    request = replace(to_request(model, settings, TIMED), roofline=roofline)
    with shown_progress(settings.quiet) as on_progress:
        return time_layers(request, on_progress=on_progress)


def layers_report(comparison: Comparison, depth: int | None, top: int | None, plot: bool) -> Report:
    """The report of one network with the time of its layers."""
    from cnnprof.render.audits import audits_report
    from cnnprof.render.layers.times import layer_times_report
    from cnnprof.render.profile import profile_report
    from cnnprof.render.roofline import roofline_report

    found = comparison.profiles[0]
    assert found.layer_times is not None
    return (
        *profile_report(found, comparison.measurement),
        *layer_times_report(found.counts, found.layer_times, found.timing, depth, top),
        *audits_report(found.audits),
        *roofline_report(found, top),
        *(plotted(profile_chart(comparison)) if plot else ()),
    )


def as_csv(profile: Profile, depth: int | None, top: int | None) -> str:
    """Every op with its seconds, or the rows of ``--depth`` and ``--top``, as raw values."""
    from cnnprof.render.layers.timed import row_columns, timed_rows
    from cnnprof.store.documents import rows_csv
    from cnnprof.store.layer_times import timed_ops_csv

    times = profile.layer_times
    assert times is not None
    if depth is None and top is None:
        return timed_ops_csv(profile.counts, times)
    return rows_csv(
        [row_columns(row, times.bytes_by) for row in timed_rows(profile.counts, times, depth, top)]
    )
