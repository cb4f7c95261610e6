"""``cnnprof guidelines MODEL``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnnprof.cli.combinations import check_rows
from cnnprof.cli.ending import finish, was_interrupted
from cnnprof.cli.failures import reported
from cnnprof.cli.measuring import all_warnings
from cnnprof.cli.options import MODEL, Settings, with_settings
from cnnprof.cli.output import Results, check_files, check_format
from cnnprof.cli.progress import shown_progress
from cnnprof.errors import UnknownNameError


@reported
@with_settings("verify", "convention", "processes")
def guidelines(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    settings: Settings,
    layers: Annotated[
        bool, typer.Option("--layers", help="Add each pointwise layer and each block.")
    ] = False,
    time: Annotated[
        bool, typer.Option("--time", help="Time each layer, and sort findings by the time they could save.")
    ] = False,
    top: Annotated[int, typer.Option(metavar="N", help="The N findings that could save most.")] = 15,
) -> None:
    """Hold one network against the guidelines of ShuffleNet V2."""
    from dataclasses import asdict, fields

    from cnnprof import pipeline
    from cnnprof.cli.request import to_request
    from cnnprof.records.guidelines import Finding
    from cnnprof.records.profile import Comparison
    from cnnprof.render.guidelines import guidelines_report
    from cnnprof.store.documents import rows_csv

    check_rows(None, top)
    check_format(settings.format)
    check_files(settings.output)
    request = to_request(model, settings, "guidelines")
    if not time:
        with shown_progress(quiet=True):
            comparison = Comparison((pipeline.assess_guidelines(request),), 0, None)
    elif settings.no_latency:
        raise UnknownNameError("--time measures, and --no-latency forbids it", "leave out one of the two")
    else:
        with shown_progress(settings.quiet) as on_progress:
            comparison = pipeline.assess_guidelines_by_time(request, on_progress=on_progress)
    found = comparison.profiles[0]
    findings = [asdict(finding) for finding in found.guidelines.findings] if found.guidelines else []
    report = guidelines_report(found, top, layers)
    names = [field.name for field in fields(Finding)]
    results = Results(
        [found],
        report,
        all_warnings(comparison),
        lambda: rows_csv(findings, names),
        comparison=comparison if time else None,
    )
    finish(results, settings, was_interrupted(comparison))
