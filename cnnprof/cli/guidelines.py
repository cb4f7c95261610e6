"""``cnnprof guidelines MODEL``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.options import MODEL, Settings, with_settings
from cnnprof.cli.output import Results, check_files, check_format, deliver
from cnnprof.cli.profile import check_rows


@reported
@with_settings
def guidelines(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    settings: Settings,
    layers: Annotated[
        bool, typer.Option("--layers", help="Add each pointwise layer and each block.")
    ] = False,
    top: Annotated[int, typer.Option(metavar="N", help="The N findings that could save most.")] = 15,
) -> None:
    """Hold one network against the guidelines of ShuffleNet V2."""
    from dataclasses import asdict

    from cnnprof import pipeline
    from cnnprof.cli.request import to_request
    from cnnprof.records.columns import warnings
    from cnnprof.render.guidelines import guidelines_report
    from cnnprof.store.documents import rows_csv

    check_rows(None, top)
    check_format(settings.format)
    check_files(settings.output)
    found = pipeline.assess_guidelines(to_request(model, settings))
    findings = [asdict(finding) for finding in found.guidelines.findings] if found.guidelines else []
    report = guidelines_report(found, top, layers)
    results = Results([found], report, warnings(found), lambda: rows_csv(findings))
    if code := deliver(results, settings.format, settings.output, settings.quiet):
        raise typer.Exit(code)
