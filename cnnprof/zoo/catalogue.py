"""The zoo's catalogue: every entry by name. Importing it does not import torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from math import inf
from pkgutil import iter_modules
from typing import Any

from cnnprof.errors import unknown
from cnnprof.records.entry import Entry
from cnnprof.zoo import entries


@cache
def catalogue() -> Mapping[str, Entry]:
    """All entries by name, family by family."""
    modules = sorted(module.name for module in iter_modules(entries.__path__))
    found: dict[str, Entry] = {}
    for name in modules:
        for entry in import_module(f"{entries.__name__}.{name}").ENTRIES:
            if entry.name in found:
                raise ValueError(f"two entries of the catalogue are called {entry.name}")
            found[entry.name] = entry
    return found


def find_entry(name: str) -> Entry:
    """The entry called ``name``; UnknownNameError with the nearest names otherwise."""
    known = catalogue()
    if name not in known:
        raise unknown(
            "model", name, known, otherwise="cnnprof list shows the zoo; file.py:factory is your own model"
        )
    return known[name]


def select_entries(
    pattern: str = "*",
    family: str = "",
    task: str = "",
    max_params: float = inf,
    max_macs: float = inf,
) -> list[Entry]:
    """Entries whose name matches a shell pattern (or contains it as plain text), of one family and task, and of so many
    params and macs at the most: those of the layers built, which every entry has.
    """
    wanted = pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
    return [
        entry
        for entry in catalogue().values()
        if fnmatchcase(entry.name, wanted)
        and family in ("", entry.family)
        and task in ("", entry.task)
        and entry.reference.params <= max_params
        and entry.reference.macs <= max_macs
    ]


ORDERS: Mapping[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name,
    "params": lambda entry: entry.reference.params,
    "macs": lambda entry: entry.reference.macs,
    "metric": lambda entry: (
        entry.metric is None,
        entry.metric_name,
        -entry.metric.value if entry.metric else 0.0,
    ),
    "year": lambda entry: entry.paper.year,
}
"""The least first, but for the metric, of which more is better; figures of two metrics do not mix."""
