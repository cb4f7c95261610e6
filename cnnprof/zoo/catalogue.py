"""The zoo's catalogue: every entry by name. Importing it does not import torch."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

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


def select_entries(pattern: str = "*", family: str = "", task: str = "") -> list[Entry]:
    """Entries whose name matches a shell pattern (or contains it as plain text), of one family and task."""
    wanted = pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
    return [
        entry
        for entry in catalogue().values()
        if fnmatchcase(entry.name, wanted) and family in ("", entry.family) and task in ("", entry.task)
    ]
