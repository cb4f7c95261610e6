"""``cnnprof profile MODEL`` with no report of its own: costs and latency, layers and roofline where asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cli.combinations import Rows, check_layers, check_rows_shown
from cnnprof.cli.measuring import all_warnings, run
from cnnprof.cli.options import Settings
from cnnprof.cli.output import Results, asked_forms, check_shown
from cnnprof.cli.pictures import Drawing, pictures_of, plotted, profile_chart

if TYPE_CHECKING:
    from cnnprof.records.counts import Counts
    from cnnprof.records.profile import Comparison


def show_network(model: str, settings: Settings, rows: Rows, drawing: Drawing) -> None:
    """One network, or the one on several engines and at several batches."""
    check_layers(settings, rows, drawing.roofline)
    rows = replace(rows, layers=rows.layers or (rows.cut and not drawing.roofline))
    check_rows_shown(settings, rows, ("table", "md", "csv") if rows.layers else ("table", "md"))
    if rows.layers and not pictures_of(settings):
        if drawing.roofline:
            check_shown("--roofline", asked_forms(settings), ("table", "md", "json"))
        if asked_forms(settings) == ["csv"]:
            settings = replace(settings, no_latency=True)  # the rows of layers are counts alone
    run([model], settings, lambda found: to_results(found, rows, drawing.plot), drawing=drawing)


def to_results(comparison: Comparison, rows: Rows, plot: bool = False) -> Results:
    """The report of one model, with its layers, roofline and audits where asked for."""
    from cnnprof.render.audits import verified_report
    from cnnprof.render.layers.costs import layers_report
    from cnnprof.render.profile import profile_report
    from cnnprof.render.profile_grid import profile_grid_report
    from cnnprof.render.roofline import roofline_report, rooflines_report

    found = comparison.profiles[0]
    several = len(comparison.profiles) > 1
    report = (
        *(profile_grid_report(comparison) if several else profile_report(found, comparison.measurement)),
        *(layers_report(found.counts, rows.depth, rows.top) if rows.layers else ()),
        *(rooflines_report(comparison) if several else roofline_report(found, rows.top)),
        *(plotted(profile_chart(comparison)) if plot else ()),
        *verified_report(comparison.profiles),
    )
    return Results(
        comparison.profiles,
        report,
        all_warnings(comparison),
        (lambda: as_csv(found.counts, rows)) if rows.layers else None,
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )


def as_csv(counts: Counts, rows: Rows) -> str:
    """The per-layer table with raw values: every op in full, or the rows of ``--depth`` and ``--top``."""
    from dataclasses import asdict

    from cnnprof.render.layers.costs import layer_rows
    from cnnprof.store.documents import ops_csv, rows_csv

    if not rows.cut:
        return ops_csv(counts)
    return rows_csv([asdict(layer) for layer in layer_rows(counts, rows.depth, rows.top)])
