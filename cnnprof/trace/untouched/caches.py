"""What a network's code keeps outside of its modules: results that functions remember, tables of classes and files.

Grids of positions lie there, made once for each size. A tensor without data that stayed would fail the next real pass.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from cnnprof.trace.untouched.containers import KINDS, Kept, is_same, put_back

KEEPING_NOTHING = ("torch.", "cnnprof.", "builtins", "typing")
Spaces = list[tuple[Any, Mapping[str, Any]]]  # a class or a module of Python's, and what it held


def spaces_of(classes: Collection[type[nn.Module]]) -> list[Any]:
    """The classes that are neither torch's nor ours, with those they derive from, and the files they are written in."""
    found: dict[int, Any] = {}
    for cls in classes:
        for base in cls.__mro__:
            if not base.__module__.startswith(KEEPING_NOTHING):
                file = sys.modules.get(base.__module__)
                found.update((id(space), space) for space in (base, file) if space is not None)
    return list(found.values())


@contextmanager
def caches_kept(spaces: Collection[Any]) -> Iterator[None]:
    """Afterwards no tensor without data is left in them that came in inside; all else there is the code's affair."""
    before: Spaces = [(space, dict(vars(space))) for space in spaces]
    functions, tables = _remembering(before)
    misses = [function.cache_info().misses for function in functions]
    try:
        yield
    finally:
        for function, count in zip(functions, misses, strict=True):
            if function.cache_info().misses != count:
                function.cache_clear()
        changed = [(table, held) for table, held in tables if not is_same(table, held)]
        put_back([(table, held) for table, held in changed if _is_without_data(table)])
        for space, held in before:
            _put_back_names(space, held)


def _remembering(before: Spaces) -> tuple[list[Any], Kept]:
    """Functions under ``lru_cache``, and lists and dicts with a copy of each."""
    functions: list[Any] = []
    tables: Kept = []
    for _, held in before:
        for name, value in held.items():
            value = (
                getattr(value, "__func__", value) if value.__class__ in (staticmethod, classmethod) else value
            )
            if value.__class__ is _lru_cache_wrapper:
                functions.append(value)
            elif value.__class__ in KINDS and not name.startswith("__"):
                tables.append((value, value.copy()))
    return functions, tables


def _put_back_names(space: Any, held: Mapping[str, Any]) -> None:
    for name, value in list(vars(space).items()):
        if isinstance(value, Tensor) and value.is_meta and held.get(name) is not value:
            setattr(space, name, held[name]) if name in held else delattr(space, name)


def _is_without_data(table: Any) -> bool:
    return any(isinstance(leaf, Tensor) and leaf.is_meta for leaf in tree_leaves(table))
