"""``cnnprof guidelines MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.combinations import check_measures, check_rows
from cnnprof.cli.ending import finish_measured
from cnnprof.cli.failures import reported
from cnnprof.cli.options import MODEL, Options, with_options
from cnnprof.cli.output import asked_forms, check_outputs, check_shown
from cnnprof.cli.progress import shown_progress
from cnnprof.results.formats import Results
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison

FINDINGS = 15  # of the report; files have all


@reported
@with_options("verify", "convention", "processes")
def guidelines(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    options: Options,
    layers: Annotated[
        bool, typer.Option("--layers", help="Add each pointwise layer and each block.")
    ] = False,
    time: Annotated[
        bool,
        typer.Option("--time", help="Time each layer, and sort the findings by the time they could save."),
    ] = False,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="Show the N findings that could save most. Default: 15.")
    ] = None,
) -> None:
    """Check one network against the guidelines of ShuffleNet V2."""
    check_asked(options, layers, time, top)
    finish_measured(
        lambda: assess(model, options, time),
        lambda found: to_results(found, time, top or FINDINGS, layers),
        options,
    )


def check_asked(options: Options, layers: bool, time: bool, top: int | None) -> None:
    """What can be refused without torch."""
    check_rows(None, top)
    check_outputs(options)
    for option, given in (("--top", top), ("--layers", layers)):
        if given:
            check_shown(option, asked_forms(options), ("table", "md"))
    if time:
        check_measures(options)


def assess(model: str, options: Options, time: bool) -> Comparison:
    """The one network with its guidelines, and with the time of its layers where that was asked for."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.guidelines import assess_guidelines, assess_guidelines_by_time
    from cnnprof.records.profile import Comparison

    request = to_request(model, options, "guidelines")
    if time:
        with shown_progress(options.quiet) as on_progress:
            return assess_guidelines_by_time(request, on_progress=on_progress)
    with shown_progress(quiet=True):
        return Comparison((assess_guidelines(request),), 0, None)


def to_results(comparison: Comparison, timed: bool, findings: int, layers: bool) -> Results:
    """The findings, so many of them in the report; for files all."""
    from cnnprof.render.guidelines import guidelines_report
    from cnnprof.store.reports import findings_csv

    found = comparison.profiles[0]
    return Results(
        [found],
        guidelines_report(found, findings, layers),
        all_warnings(comparison),
        lambda: findings_csv(found),
        comparison=comparison if timed else None,
    )
