"""``cnnprof profile MODEL --conventions``."""

from __future__ import annotations

from cnnprof.cli.ending import finish
from cnnprof.cli.options import Options
from cnnprof.cli.output import check_outputs
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused
from cnnprof.results.formats import Results


def show_conventions(model: str, options: Options) -> None:
    """Every counter's total with its parts; ``--format csv`` gives a row a part."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.conventions import count_conventions
    from cnnprof.records.columns import warnings
    from cnnprof.render.counters import counters_report
    from cnnprof.store.reports import counters_csv

    check_outputs(options)
    check_refused("profile --conventions", options, ("verify", "convention", "processes"))
    request = to_request(model, options, "profile --conventions")
    with shown_progress(quiet=True):
        found = count_conventions(request)
    finish(Results([found], counters_report(found), warnings(found), lambda: counters_csv(found)), options)
