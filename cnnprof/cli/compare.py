"""``cnnprof compare MODEL MODEL...``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.measuring import run
from cnnprof.cli.options import DRAWN, MODEL, Options, with_options
from cnnprof.cli.pictures import PLOT_HELP, ROOFLINE_HELP, Drawing
from cnnprof.errors import unknown
from cnnprof.results.comparison import comparison_results


@reported
@with_options(output=DRAWN)
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help=f"Two or more. {MODEL}")],
    options: Options,
    baseline: Annotated[
        str,
        typer.Option(metavar="MODEL", help="The model that ratios are to, by its name or its place, from 0."),
    ] = "0",
    roofline: Annotated[bool, typer.Option("--roofline", help=ROOFLINE_HELP)] = False,
    plot: Annotated[bool, typer.Option("--plot", help=PLOT_HELP)] = False,
) -> None:
    """Compare the FLOPs of several networks with their real speed."""
    if len(models) < 2:
        raise typer.BadParameter("compare needs two models or more", param_hint="MODEL")
    drawing = Drawing(
        roofline, plot, not options.no_latency, "a picture shows latency: leave out --no-latency"
    )
    run(
        models,
        options,
        lambda found: comparison_results(found, roofline, plot),
        find_baseline(baseline, models),
        drawing,
    )


def find_baseline(wanted: str, models: Sequence[str]) -> int:
    """The index of the model called ``wanted``, or at that place; UnknownNameError if there is none."""
    if wanted in models:
        return list(models).index(wanted)
    places = [str(place) for place in range(len(models))]
    if wanted in places:
        return places.index(wanted)
    raise unknown(
        "baseline", wanted, models, otherwise=f"one of: {', '.join(models)}; or 0 to {len(models) - 1}"
    )
