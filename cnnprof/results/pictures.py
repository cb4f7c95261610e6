"""Pictures, in files and in characters, and what each shows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import FileError, in_one_line

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison
    from cnnprof.render.plots.chart import Chart
    from cnnprof.render.text.table import Report

PICTURES = (".png", ".svg")
FONTS = "MPLCONFIGDIR"
NOTHING = "nothing was timed that could be drawn"


def pictures_among(paths: Sequence[Path]) -> list[Path]:
    """The files that are to be pictures."""
    return [path for path in paths if path.suffix.lower() in PICTURES]


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

    from cnnprof.variables import variables_set

    with TemporaryDirectory() as folder, variables_set({FONTS: os.environ.get(FONTS) or folder}):
        yield


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
