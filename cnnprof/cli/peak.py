"""``cnnprof profile MODEL --memory``."""

from __future__ import annotations

from cnnprof.cli.ending import finish
from cnnprof.cli.measuring import check_asked
from cnnprof.cli.options import Options
from cnnprof.cli.pictures import Drawing
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused
from cnnprof.results.formats import Results
from cnnprof.results.pictures import plotted


def show_memory(model: str, options: Options, plot: bool) -> None:
    """What is alive at the peak; ``--format csv`` gives a row an op. Nothing is run."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.peak import find_peak_memory
    from cnnprof.records.columns import warnings
    from cnnprof.render.peak import peak_report
    from cnnprof.render.plots.memory import memory_chart
    from cnnprof.store.reports import peak_csv

    check_asked(options, Drawing(plot=plot, chart=True))
    check_refused("profile --memory", options, ("verify", "convention", "processes"))
    request = to_request(model, options, "profile --memory")
    with shown_progress(quiet=True):
        found = find_peak_memory(request)
    report = (*peak_report(found), *(plotted(memory_chart(found)) if plot else ()))
    results = Results(
        [found],
        report,
        warnings(found),
        lambda: peak_csv(found),
        chart=lambda: memory_chart(found),
    )
    finish(results, options)
