"""Sizes and settings as a program hands them over: one or several, Python's own or numpy's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from cnnprof.errors import UnknownNameError


def several(options: dict[str, Any], name: str, default: object) -> tuple[Any, ...]:
    """Taken out of ``options``: the values of one that takes one or several. UnknownNameError where there is none."""
    value = _plain(options.pop(name, default))
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    if not values:
        raise UnknownNameError(f"{name} is an empty list", f"leave it out, or give one such as {default!r}")
    return values


def shapes(given: Any, of_module: bool) -> tuple[tuple[int, ...], ...] | None:
    """Shapes without the batch. A side is completed by what the network takes; of a module that is a picture.

    Raises UnknownNameError for an input itself, whose batch stands first in its shape.
    """
    if given is None:
        return None
    if len(getattr(given, "shape", ())) > 1:
        shape = tuple(map(int, given.shape))
        raise UnknownNameError(
            f"input is a {type(given).__name__}: a size is enough, as its values are made here",
            f"input={shape[1:]}, batch={shape[0]}",
        )
    given = _plain(given)
    one = isinstance(given, str) or not isinstance(given, Iterable)
    sizes: tuple[Any, ...] = (given,) if one else tuple(given)
    if one and isinstance(given, Integral) and of_module:
        sizes = (3, given, given)
    if all(isinstance(size, Sequence) and not isinstance(size, str) for size in sizes):
        return tuple(tuple(shape) for shape in sizes)
    return (sizes,)


def _plain(value: Any) -> Any:
    """An array, or one number of it, as Python's own numbers."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value
