"""``cnnprof profile MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.measuring import all_warnings, run
from cnnprof.cli.options import MODEL, Settings, with_settings
from cnnprof.errors import UnknownNameError

if TYPE_CHECKING:
    from cnnprof.cli.output import Results
    from cnnprof.records.counts import Counts
    from cnnprof.records.profile import Comparison


@reported
@with_settings
def profile(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    settings: Settings,
    layers: Annotated[bool, typer.Option("--layers", help="Add the per-layer table.")] = False,
    depth: Annotated[
        int | None, typer.Option(metavar="N", help="With --layers: sum up modules below this depth.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="With --layers: the N most costly rows.")
    ] = None,
    conventions: Annotated[
        bool,
        typer.Option("--conventions", help="What other counters print, and why they differ; no timing."),
    ] = False,
) -> None:
    """Count, weigh and time one network."""
    check_rows(depth, top)
    if conventions:
        show_conventions(model, settings)
        return
    run([model], settings, lambda found: to_results(found, layers or bool(depth or top), depth, top))


def show_conventions(model: str, settings: Settings) -> None:
    """Every counter's total with its parts; ``--format csv`` gives a row a part."""
    from cnnprof import pipeline
    from cnnprof.cli.output import Results, check_files, check_format, deliver
    from cnnprof.cli.request import to_request
    from cnnprof.records.columns import warnings
    from cnnprof.render.counters import counters_report, counters_rows
    from cnnprof.store.documents import rows_csv

    check_format(settings.format)
    check_files(settings.output)
    found = pipeline.count_conventions(to_request(model, settings))
    report, rows = counters_report(found), counters_rows(found)
    results = Results([found], report, warnings(found), lambda: rows_csv(rows))
    if code := deliver(results, settings.format, settings.output, settings.quiet):
        raise typer.Exit(code)


def check_rows(depth: int | None, top: int | None) -> None:
    """UnknownNameError for a depth or a number of rows below 1."""
    for option, value in (("depth", depth), ("top", top)):
        if value is not None and value < 1:
            raise UnknownNameError(
                f"{option} must be at least 1, not {value}", f"--{option} 1 is the smallest"
            )


def to_results(comparison: Comparison, layers: bool, depth: int | None, top: int | None) -> Results:
    """The report of one model, with its layers and audits where asked for."""
    from cnnprof.cli.output import Results
    from cnnprof.render.audits import audits_report
    from cnnprof.render.layers import layers_report
    from cnnprof.render.profile import profile_report

    found = comparison.profiles[0]
    report = (
        *profile_report(found, comparison.measurement),
        *(layers_report(found.counts, depth, top) if layers else ()),
        *audits_report(found.audits),
    )
    csv = (lambda: as_csv(found.counts, depth, top)) if layers else None
    return Results(comparison.profiles, report, all_warnings(comparison), csv)


def as_csv(counts: Counts, depth: int | None, top: int | None) -> str:
    """The per-layer table with raw values: every op in full, or the rows of ``--depth`` and ``--top``."""
    from dataclasses import asdict

    from cnnprof.render.layers import layer_rows
    from cnnprof.store.documents import ops_csv, rows_csv

    if depth is None and top is None:
        return ops_csv(counts)
    return rows_csv([asdict(layer) for layer in layer_rows(counts, depth, top)])
