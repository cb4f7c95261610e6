"""``cnnprof profile MODEL``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.combinations import check_alone, check_layers, check_rows, check_rows_shown
from cnnprof.cli.ending import finish
from cnnprof.cli.failures import reported
from cnnprof.cli.layer_times import show_layer_times
from cnnprof.cli.measuring import all_warnings, run
from cnnprof.cli.options import DRAWN, MODEL, Settings, with_settings
from cnnprof.cli.output import asked_forms, check_shown
from cnnprof.cli.peak import show_memory
from cnnprof.cli.pictures import PLOT_HELP, ROOFLINE_HELP, Drawing, pictures_of, plotted, profile_chart
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused
from cnnprof.pipeline.interrupted import EarlyInterrupt

if TYPE_CHECKING:
    from cnnprof.cli.output import Results
    from cnnprof.records.counts import Counts
    from cnnprof.records.profile import Comparison

NOTHING_TO_DRAW = "add --roofline, or --memory; compare draws latency"


@reported
@with_settings(output=DRAWN)
def profile(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    settings: Settings,
    layers: Annotated[bool, typer.Option("--layers", help="Add the per-layer table.")] = False,
    depth: Annotated[
        int | None, typer.Option(metavar="N", help="The per-layer table, modules below this depth summed up.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="The N most costly rows of --layers, or of --roofline.")
    ] = None,
    time: Annotated[
        bool,
        typer.Option("--time", help="The per-layer table with the time of each, by the runtime's counters."),
    ] = False,
    conventions: Annotated[
        bool,
        typer.Option("--conventions", help="What other counters print, and why they differ; no timing."),
    ] = False,
    memory: Annotated[
        bool, typer.Option("--memory", help="What is alive at the peak of memory; no timing.")
    ] = False,
    roofline: Annotated[bool, typer.Option("--roofline", help=ROOFLINE_HELP)] = False,
    plot: Annotated[bool, typer.Option("--plot", help=PLOT_HELP)] = False,
) -> None:
    """Count, weigh and time one network."""
    check_rows(depth, top)
    ours = {"--layers": layers, "--time": time, "--depth": depth, "--top": top, "--roofline": roofline}
    check_alone({"--conventions": conventions, "--memory": memory}, {**ours, "--plot": plot and not memory})
    if conventions:
        show_conventions(model, settings)
        return
    if memory:
        show_memory(model, settings, plot)
        return
    drawing = Drawing(roofline, plot, roofline, NOTHING_TO_DRAW)
    if time:
        try:
            show_layer_times(model, settings, depth, top, drawing)
        except EarlyInterrupt as early:
            finish(to_results(early.counted, True, depth, top), settings, interrupted=True)
        return
    check_layers(settings, layers, depth, top, roofline)
    shown = layers or (bool(depth or top) and not roofline)
    check_rows_shown(settings, depth, top, ("table", "md", "csv") if shown else ("table", "md"))
    if shown and not pictures_of(settings):
        if roofline:
            check_shown("--roofline", asked_forms(settings), ("table", "md", "json"))
        if asked_forms(settings) == ["csv"]:
            settings = replace(settings, no_latency=True)  # the rows of layers are counts alone
    run([model], settings, lambda found: to_results(found, shown, depth, top, plot), drawing=drawing)


def show_conventions(model: str, settings: Settings) -> None:
    """Every counter's total with its parts; ``--format csv`` gives a row a part."""
    from cnnprof.cli.output import Results, check_outputs
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.conventions import count_conventions
    from cnnprof.records.columns import warnings
    from cnnprof.render.counters import counters_report, counters_rows
    from cnnprof.store.documents import rows_csv

    check_outputs(settings)
    check_refused("profile --conventions", settings, ("verify", "convention", "processes"))
    request = to_request(model, settings, "profile --conventions")
    with shown_progress(quiet=True):
        found = count_conventions(request)
    report, rows = counters_report(found), counters_rows(found)
    results = Results([found], report, warnings(found), lambda: rows_csv(rows))
    finish(results, settings)


def to_results(
    comparison: Comparison, layers: bool, depth: int | None, top: int | None, plot: bool = False
) -> Results:
    """The report of one model, with its layers, roofline and audits where asked for."""
    from cnnprof.cli.output import Results
    from cnnprof.render.audits import verified_report
    from cnnprof.render.layers.costs import layers_report
    from cnnprof.render.profile import profile_report
    from cnnprof.render.profile_grid import profile_grid_report
    from cnnprof.render.roofline import roofline_report, rooflines_report

    found = comparison.profiles[0]
    several = len(comparison.profiles) > 1
    report = (
        *(profile_grid_report(comparison) if several else profile_report(found, comparison.measurement)),
        *(layers_report(found.counts, depth, top) if layers else ()),
        *(rooflines_report(comparison) if several else roofline_report(found, top)),
        *(plotted(profile_chart(comparison)) if plot else ()),
        *verified_report(comparison.profiles),
    )
    csv = (lambda: as_csv(found.counts, depth, top)) if layers else None
    return Results(
        comparison.profiles,
        report,
        all_warnings(comparison),
        csv,
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )


def as_csv(counts: Counts, depth: int | None, top: int | None) -> str:
    """The per-layer table with raw values: every op in full, or the rows of ``--depth`` and ``--top``."""
    from dataclasses import asdict

    from cnnprof.render.layers.costs import layer_rows
    from cnnprof.store.documents import ops_csv, rows_csv

    if depth is None and top is None:
        return ops_csv(counts)
    return rows_csv([asdict(layer) for layer in layer_rows(counts, depth, top)])
