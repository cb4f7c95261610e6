"""``cnnprof profile MODEL --layers --time --roofline``."""

from __future__ import annotations

from cnnprof.cli.ending import finish, was_interrupted
from cnnprof.cli.layer_times import ONE_PROCESS, TIMED, as_csv, layers_report
from cnnprof.cli.measuring import all_warnings
from cnnprof.cli.options import Settings
from cnnprof.cli.output import Results, check_files, check_format
from cnnprof.cli.pictures import Drawing, check_drawing, plotted, profile_chart
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused


def show_layer_roofline(
    model: str, settings: Settings, depth: int | None, top: int | None, drawing: Drawing
) -> None:
    """Time one network with its runtime's counters, and hold each layer against its roof."""
    from cnnprof import pipeline
    from cnnprof.cli.request import to_request
    from cnnprof.render.roofline import roofline_report

    check_format(settings.format)
    check_files(settings.output, pictures=True)
    check_drawing(settings, drawing)
    check_refused(TIMED, settings, ONE_PROCESS)
    request = to_request(model, settings, TIMED)
    with shown_progress(settings.quiet) as on_progress:
        comparison = pipeline.time_layers_under_roofs(request, on_progress=on_progress)
    found = comparison.profiles[0]
    report = (
        *layers_report(comparison, depth, top),
        *roofline_report(found, top),
        *(plotted(profile_chart(comparison)) if drawing.plot else ()),
    )
    results = Results(
        [found],
        report,
        all_warnings(comparison),
        lambda: as_csv(found, depth, top),
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )
    finish(results, settings, was_interrupted(comparison))
