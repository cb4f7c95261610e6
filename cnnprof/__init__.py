"""cnnprof: counts a CNN exactly, weighs its memory access, times it honestly, and sets the three side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnprof.version import __version__

if TYPE_CHECKING:
    from cnnprof.api import compare, count, list_models, load, load_model, profile, report, save
    from cnnprof.errors import CnnprofError
    from cnnprof.records.counts import Counts
    from cnnprof.records.profile import Comparison, Profile

__all__ = [
    "CnnprofError",
    "Comparison",
    "Counts",
    "Profile",
    "__version__",
    "compare",
    "count",
    "list_models",
    "load",
    "load_model",
    "profile",
    "report",
    "save",
]

_HOMES = {
    "CnnprofError": "cnnprof.errors",
    "Comparison": "cnnprof.records.profile",
    "Counts": "cnnprof.records.counts",
    "Profile": "cnnprof.records.profile",
    **dict.fromkeys(
        ("compare", "count", "list_models", "load", "load_model", "profile", "report", "save"), "cnnprof.api"
    ),
}


def __getattr__(name: str) -> object:
    # Everything is imported when first used: `cnnprof --help` pays for nothing it does not need.
    if name not in _HOMES:
        raise AttributeError(f"module 'cnnprof' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
