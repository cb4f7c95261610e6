"""``cnnprof profile MODEL --layers --time``, with or without ``--roofline``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cli.combinations import check_measures, check_rows_shown
from cnnprof.cli.ending import finish_measured
from cnnprof.cli.measuring import check_asked
from cnnprof.cli.options import Options
from cnnprof.cli.pictures import Drawing
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused
from cnnprof.results.formats import Results
from cnnprof.results.network import Rows, network_results
from cnnprof.results.pictures import plotted, profile_chart
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison, Profile
    from cnnprof.render.text.table import Report

TIMED = "profile --time"
ONE_PROCESS = ("processes",)  # calls with and without the counters take turns in one


def show_layer_times(model: str, options: Options, rows: Rows, drawing: Drawing) -> None:
    """Time one network with its runtime's counters, each layer against its roof where that was asked for."""
    check_timed_rows(options, rows, drawing)
    finish_measured(
        lambda: measure_layers(model, options, drawing.roofline),
        lambda timed: to_results(timed, rows, drawing.plot),
        options,
        of_counts=lambda counted: network_results(counted, replace(rows, layers=True)),
    )


def check_timed_rows(options: Options, rows: Rows, drawing: Drawing) -> None:
    """What can be refused without torch."""
    check_measures(options)
    check_asked(options, drawing)
    check_rows_shown(options, rows)
    check_refused(TIMED, options, ONE_PROCESS)


def measure_layers(model: str, options: Options, roofline: bool) -> Comparison:
    """The profile with its layer times."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.layer_times import time_layers

    request = replace(to_request(model, options, TIMED), roofline=roofline)
    with shown_progress(options.quiet) as on_progress:
        return time_layers(request, on_progress=on_progress)


def to_results(comparison: Comparison, rows: Rows, plot: bool) -> Results:
    """The report of one network with the time of its layers."""
    found = comparison.profiles[0]
    return Results(
        [found],
        layers_report(comparison, rows, plot),
        all_warnings(comparison),
        lambda: as_csv(found, rows),
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )


def layers_report(comparison: Comparison, rows: Rows, plot: bool) -> Report:
    """The one network, the time of each of its layers, and what was asked for besides."""
    from cnnprof.render.audits import audits_report
    from cnnprof.render.layers.times import layer_times_report
    from cnnprof.render.profile import profile_report
    from cnnprof.render.roofline.network import roofline_report

    found = comparison.profiles[0]
    assert found.layer_times is not None
    return (
        *profile_report(found, comparison.measurement),
        *layer_times_report(found.counts, found.layer_times, found.timing, rows.depth, rows.top),
        *audits_report(found.audits),
        *roofline_report(found, rows.top),
        *(plotted(profile_chart(comparison)) if plot else ()),
    )


def as_csv(profile: Profile, rows: Rows) -> str:
    """Every op with its seconds, or the rows of ``--depth`` and ``--top``, as raw values."""
    from cnnprof.render.layers.timed import row_columns, timed_rows
    from cnnprof.store.documents import rows_csv
    from cnnprof.store.layer_times import timed_ops_csv

    times = profile.layer_times
    assert times is not None
    if not rows.cut:
        return timed_ops_csv(profile.counts, times)
    shown = timed_rows(profile.counts, times, rows.depth, rows.top)
    return rows_csv([row_columns(row, times.bytes_by) for row in shown])
