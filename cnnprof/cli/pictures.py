"""Pictures and the roofline on the command line: what may be asked for together, refused before measuring."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import UnknownNameError
from cnnprof.results.pictures import pictures_among

if TYPE_CHECKING:
    from cnnprof.cli.options import Options

ROOFLINE_HELP = "Also measure the machine's limits, and show how close the model comes to them."
PLOT_HELP = "Add a plot in characters; needs plotext."


@dataclass(frozen=True)
class Drawing:
    """What was asked for besides tables. ``chart`` is false where the command has nothing to draw."""

    roofline: bool = False
    plot: bool = False
    chart: bool = False
    otherwise: str = "this command prints tables"


def check_drawing(options: Options, drawing: Drawing) -> None:
    """UnknownNameError for a picture of nothing, MissingRuntimeError for one that no library here can draw."""
    pictures = pictures_of(options)
    if drawing.roofline and options.no_latency:
        raise UnknownNameError(
            "--roofline sets measured time against measured limits", "leave out --no-latency"
        )
    asked = [f"-o {path}" for path in pictures] + (["--plot"] if drawing.plot else [])
    if asked and not drawing.chart:
        raise UnknownNameError(f"{asked[0]} has nothing to draw here", drawing.otherwise)
    if pictures:
        from cnnprof.render.plots.library import check_matplotlib

        check_matplotlib(pictures[0].suffix.lower())


def pictures_of(options: Options) -> list[Path]:
    """The files of ``-o`` that are pictures."""
    return pictures_among(options.output or ())
