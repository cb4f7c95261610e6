"""Models, sizes and settings as a program hands them over: one or several, Python's own or numpy's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from operator import index
from typing import Any

from cnnprof.errors import UnknownNameError


def listed(models: object) -> list[Any]:
    """The models in their order; UnknownNameError where there is none."""
    # A module may be iterated too, over its layers, and a dictionary over names that would be taken for the zoo's.
    one = isinstance(models, (str, Mapping)) or hasattr(models, "forward")
    given = list(models) if isinstance(models, Iterable) and not one else []
    if not given:
        told = repr(models) if isinstance(models, (str, int, list, tuple)) else f"a {type(models).__name__}"
        raise UnknownNameError(
            f"compare takes a list of models, not {told}", 'for example ["shufflenet_v2", "ghostnet"]'
        )
    return given


def place_of(baseline: Any, models: int) -> int:
    """The baseline's place in the list; UnknownNameError where it is beyond it."""
    try:
        place = index(baseline)  # numpy has whole numbers of its own
    except TypeError:
        raise UnknownNameError(
            f"baseline is {baseline!r}", "the place of a model in the list, from 0"
        ) from None
    if not 0 <= place < models:  # of several engines there are more cells than models
        raise UnknownNameError(f"baseline {place} is not among the {models} models", "count from 0")
    return place


def told_apart(models: Sequence[Any]) -> list[str]:
    """Names, those of modules numbered where several have one class: ``Net``, ``Net (2)``. One twice has one name."""
    kinds: Counter[str] = Counter()
    names: dict[int, str] = {}
    for model in models:
        if not isinstance(model, str) and id(model) not in names:
            kind = type(model).__name__
            kinds[kind] += 1
            names[id(model)] = kind if kinds[kind] == 1 else f"{kind} ({kinds[kind]})"
    return [model if isinstance(model, str) else names[id(model)] for model in models]


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
    _refuse_values(given)
    given = _plain(given)
    one = isinstance(given, str) or not isinstance(given, Iterable)
    sizes: tuple[Any, ...] = (given,) if one else tuple(given)
    if one and isinstance(given, Integral) and of_module:
        sizes = (3, given, given)
    if all(isinstance(size, Sequence) and not isinstance(size, str) for size in sizes):
        return tuple(tuple(shape) for shape in sizes)
    return (sizes,)


def _refuse_values(given: Any) -> None:
    held = given if isinstance(given, (list, tuple)) else [given]
    if all(hasattr(each, "shape") for each in held) and any(len(each.shape) > 1 for each in held):
        sizes = [tuple(map(int, each.shape[1:])) for each in held]
        raise UnknownNameError(
            f"input is a {type(held[0]).__name__}: a size is enough, as its values are made here",
            f"input={sizes if len(sizes) > 1 else sizes[0]}, batch={held[0].shape[0]}",
        )


def _plain(value: Any) -> Any:
    """An array, or one number of it, as Python's own numbers."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value
