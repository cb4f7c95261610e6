"""Which drawing library is there: asked before anything is measured."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from cnnprof.errors import MissingRuntimeError

INSTALL = "pip install 'cnnprof[plot]'"


def check_matplotlib(suffix: str) -> None:
    """MissingRuntimeError where pictures cannot be drawn."""
    if find_spec("matplotlib") is None:
        raise MissingRuntimeError(f"{suffix} files are drawn by matplotlib, which is not installed", INSTALL)


def has_plotext() -> bool:
    """Whether a plot can be drawn with characters: plotext 5, which others ask for, is called otherwise."""
    try:
        return int(version("plotext").partition(".")[0]) >= 6
    except (PackageNotFoundError, ValueError):
        return False
