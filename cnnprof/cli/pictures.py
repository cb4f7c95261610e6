"""Pictures and the roofline on the command line: what may be asked for together, refused before measuring."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import FileError, UnknownNameError, in_one_line

if TYPE_CHECKING:
    from cnnprof.cli.options import Settings
    from cnnprof.records.profile import Comparison
    from cnnprof.render.plots.chart import Chart
    from cnnprof.render.text.table import Report

ROOFLINE_HELP = "Measure the machine's limits beside the model, and how far it is from them."
PLOT_HELP = "Add a plot in characters; needs plotext."
PICTURES = (".png", ".svg")
NOTHING = "nothing was timed that could be drawn"


@dataclass(frozen=True)
class Drawing:
    """What was asked for besides tables. ``chart`` is false where the command has nothing to draw."""

    roofline: bool = False
    plot: bool = False
    chart: bool = False
    otherwise: str = "this command prints tables"


TABLES = Drawing()


def check_drawing(settings: Settings, drawing: Drawing) -> None:
    """UnknownNameError for a picture of nothing, MissingRuntimeError for one that no library here can draw."""
    pictures = pictures_of(settings)
    if drawing.roofline and settings.no_latency:
        raise UnknownNameError(
            "--roofline sets measured time against measured limits", "leave out --no-latency"
        )
    asked = [f"-o {path}" for path in pictures] + (["--plot"] if drawing.plot else [])
    if asked and not drawing.chart:
        raise UnknownNameError(f"{asked[0]} has nothing to draw here", drawing.otherwise)
    if pictures:
        from cnnprof.render.plots.library import check_matplotlib

        check_matplotlib(pictures[0].suffix.lower())


def pictures_of(settings: Settings) -> list[Path]:
    """The files of ``-o`` that are pictures."""
    return [path for path in settings.output or () if path.suffix.lower() in PICTURES]


def picture(chart: Chart | None, path: Path) -> bytes:
    """The file's content; FileError where nothing was measured that could be drawn."""
    from cnnprof.render.plots.picture import draw_picture

    if chart is None:
        raise FileError(f"no picture in {path}: {NOTHING}", "see the report for the reason")
    try:
        with _fonts_listed_nowhere():
            return draw_picture(chart, path.suffix.lower().removeprefix("."))
    except Exception as error:  # a broken matplotlib, or none of its back ends: the other files are written
        raise FileError(
            f"no picture in {path}: {in_one_line(error)}", "see whether matplotlib works"
        ) from error


@contextmanager
def _fonts_listed_nowhere() -> Iterator[None]:
    """matplotlib keeps a list of fonts in the user's own folders, unless told where; making it takes 0.3 s."""
    from tempfile import TemporaryDirectory

    named = os.environ.get("MPLCONFIGDIR")
    with TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = named or folder
        try:
            yield
        finally:
            if named is None:
                del os.environ["MPLCONFIGDIR"]


def plotted(chart: Chart | None) -> Report:
    """The chart in characters, or one line on what is missing."""
    from cnnprof.render.plots.library import INSTALL, has_plotext
    from cnnprof.render.text.table import notes

    if chart is None:
        return notes(f"no plot: {NOTHING}")
    if not has_plotext():
        return notes(f"no plot: it is drawn by plotext 6, which is not installed: {INSTALL}")
    from cnnprof.render.plots.terminal import draw_in_characters

    return draw_in_characters(chart)


def comparison_chart(comparison: Comparison, roofline: bool) -> Chart | None:
    """The roofline chart where it was asked for, else multiply-adds against latency; None where none was timed."""
    from cnnprof.render.plots.roofline import comparison_roofline
    from cnnprof.render.plots.scatter import speed_chart

    timed = [profile for profile in comparison.profiles if profile.timing and profile.counts.macs]
    if not timed or (roofline and not any(profile.roofline for profile in timed)):
        return None
    return comparison_roofline(comparison) if roofline else speed_chart(comparison)


def profile_chart(comparison: Comparison) -> Chart | None:
    """The roofline of one network, or of its engines and batches; None where none was timed."""
    from cnnprof.render.plots.roofline import profile_roofline

    if len(comparison.profiles) > 1:
        return comparison_chart(comparison, roofline=True)
    only = comparison.profiles[0]
    return profile_roofline(only) if only.roofline and only.timing else None
