"""``cnnprof profile MODEL``: its options, and which of its reports is asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from cnnprof.cli.combinations import check_alone, check_rows
from cnnprof.cli.counters import show_conventions
from cnnprof.cli.failures import reported
from cnnprof.cli.layer_times import show_layer_times
from cnnprof.cli.network import show_network
from cnnprof.cli.options import DRAWN, MODEL, Options, with_options
from cnnprof.cli.peak import show_memory
from cnnprof.cli.pictures import PLOT_HELP, ROOFLINE_HELP, Drawing
from cnnprof.results.network import Rows

NOTHING_TO_DRAW = "add --roofline, or --memory; compare draws latency"


@reported
@with_options(output=DRAWN)
def profile(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL)],
    options: Options,
    layers: Annotated[bool, typer.Option("--layers", help="Add the per-layer table.")] = False,
    depth: Annotated[
        int | None,
        typer.Option(metavar="N", help="Add the per-layer table, summed up to modules of this depth."),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(metavar="N", help="Show only the N most costly rows of --layers or --roofline."),
    ] = None,
    time: Annotated[
        bool,
        typer.Option("--time", help="Add the per-layer table with times, by the runtime's own counters."),
    ] = False,
    conventions: Annotated[
        bool,
        typer.Option("--conventions", help="Show what other counters print, and why they differ; no timing."),
    ] = False,
    memory: Annotated[
        bool, typer.Option("--memory", help="Show which tensors are alive at peak memory; no timing.")
    ] = False,
    roofline: Annotated[bool, typer.Option("--roofline", help=ROOFLINE_HELP)] = False,
    plot: Annotated[bool, typer.Option("--plot", help=PLOT_HELP)] = False,
) -> None:
    """Count one network's ops and memory access, and time it."""
    rows, drawing = Rows(layers, depth, top), Drawing(roofline, plot, roofline, NOTHING_TO_DRAW)
    check_rows(depth, top)
    ours = {"--layers": layers, "--time": time, "--depth": depth, "--top": top, "--roofline": roofline}
    check_alone({"--conventions": conventions, "--memory": memory}, {**ours, "--plot": plot and not memory})
    if conventions:
        return show_conventions(model, options)
    if memory:
        return show_memory(model, options, plot)
    if time:
        return show_layer_times(model, options, rows, drawing)
    return show_network(model, options, rows, drawing)
