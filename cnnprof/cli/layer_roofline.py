"""``cnnprof profile MODEL --layers --time --roofline``."""

from __future__ import annotations

from cnnprof.cli.ending import finish, was_interrupted
from cnnprof.cli.layer_times import TIMED, as_csv, check_timed_rows, layers_report
from cnnprof.cli.measuring import all_warnings
from cnnprof.cli.options import Settings
from cnnprof.cli.output import Results
from cnnprof.cli.pictures import Drawing, plotted, profile_chart
from cnnprof.cli.progress import shown_progress


def show_layer_roofline(
    model: str, settings: Settings, depth: int | None, top: int | None, drawing: Drawing
) -> None:
    """Time one network with its runtime's counters, and hold each layer against its roof."""
    from cnnprof import pipeline
    from cnnprof.cli.request import to_request
    from cnnprof.render.roofline import roofline_report

    check_timed_rows(settings, depth, top, drawing)
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
