"""THE FLOW, one function an arrow: resolve -> trace -> cost -> measure -> Profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnprof.cost.conventions.registry import CONVENTIONS
    from cnnprof.pipeline.conventions import count_conventions
    from cnnprof.pipeline.explain import Explained, explain_gap
    from cnnprof.pipeline.fakes import FAKES
    from cnnprof.pipeline.flow import (
        compare,
        count,
        count_entries,
        describe_environment,
        profile,
        told_of_session,
    )
    from cnnprof.pipeline.guidelines import assess_guidelines, assess_guidelines_by_time
    from cnnprof.pipeline.layer_times import time_layers
    from cnnprof.pipeline.machine import check_machine
    from cnnprof.pipeline.peak import find_peak_memory
    from cnnprof.runtimes.registry import DEVICES, DTYPES, RUNTIMES

__all__ = [
    "CONVENTIONS",
    "DEVICES",
    "DTYPES",
    "FAKES",
    "RUNTIMES",
    "Explained",
    "assess_guidelines",
    "assess_guidelines_by_time",
    "check_machine",
    "compare",
    "count",
    "count_conventions",
    "count_entries",
    "describe_environment",
    "explain_gap",
    "find_peak_memory",
    "profile",
    "time_layers",
    "told_of_session",
]

_HOMES = {
    "CONVENTIONS": "cnnprof.cost.conventions.registry",
    **dict.fromkeys(("DEVICES", "DTYPES", "RUNTIMES"), "cnnprof.runtimes.registry"),
    **dict.fromkeys(
        ("compare", "count", "count_entries", "describe_environment", "profile", "told_of_session"),
        "cnnprof.pipeline.flow",
    ),
    **dict.fromkeys(("assess_guidelines", "assess_guidelines_by_time"), "cnnprof.pipeline.guidelines"),
    **dict.fromkeys(("Explained", "explain_gap"), "cnnprof.pipeline.explain"),
    "FAKES": "cnnprof.pipeline.fakes",
    "check_machine": "cnnprof.pipeline.machine",
    "count_conventions": "cnnprof.pipeline.conventions",
    "find_peak_memory": "cnnprof.pipeline.peak",
    "time_layers": "cnnprof.pipeline.layer_times",
}


def __getattr__(name: str) -> object:
    # A command imports the flow that it follows, and a worker process only what it needs.
    if name not in _HOMES:
        raise AttributeError(f"module 'cnnprof.pipeline' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
