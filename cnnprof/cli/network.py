"""``cnnprof profile MODEL`` with no report of its own: costs and latency, layers and roofline where asked for."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.cli.combinations import check_layers, check_rows_shown
from cnnprof.cli.measuring import run
from cnnprof.cli.options import Options
from cnnprof.cli.output import asked_forms, check_shown
from cnnprof.cli.pictures import Drawing, pictures_of
from cnnprof.results.network import Rows, network_results


def show_network(model: str, options: Options, rows: Rows, drawing: Drawing) -> None:
    """One network, or the one on several engines and at several batches."""
    check_layers(options, rows, drawing.roofline)
    rows = replace(rows, layers=rows.layers or (rows.cut and not drawing.roofline))
    check_rows_shown(options, rows, ("table", "md", "csv") if rows.layers else ("table", "md"))
    if rows.layers and not pictures_of(options):
        if drawing.roofline:
            check_shown("--roofline", asked_forms(options), ("table", "md", "json"))
        if asked_forms(options) == ["csv"]:
            options = replace(options, no_latency=True)  # the rows of layers are counts alone
    run([model], options, lambda found: network_results(found, rows, drawing.plot), 0, drawing)
