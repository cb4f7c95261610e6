"""Records as plain values that JSON can hold, and plain values as records again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cnnprof.errors import shortened

Record = TypeVar("Record")


class MalformedError(ValueError):
    """Plain values that do not describe the record they should."""


def to_plain(value: object) -> object:
    """Dataclasses as dicts, tuples as lists; a float that JSON cannot hold (nan, infinity) becomes None."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)  # a builder argument may be anything


def from_plain(kind: type[Record], plain: object, where: str = "") -> Record:
    """The record of type ``kind``; absent fields take their defaults, unknown ones are ignored.

    Raises MalformedError, which names the place, where the values do not fit.
    """
    if not isinstance(plain, Mapping):
        raise MalformedError(f"{where or kind.__name__} is not an object")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable, mypy does not see it for a TypeVar
    values: dict[str, object] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        place = f"{where}.{field.name}".lstrip(".")
        if field.name in plain:
            values[field.name] = _value(hints[field.name], plain[field.name], place)
        elif _required(field):
            raise MalformedError(f"{place} is missing")
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(hint: Any, plain: object, where: str) -> object:
    """One value of the annotated type ``hint``."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), plain, where)
    if origin is tuple:
        return _tuple(get_args(hint), plain, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint, plain, where)
    if origin is not None:
        return _mapping(get_args(hint)[1], plain, where)
    return _scalar(hint, plain, where)


def _one_of(kinds: Sequence[Any], plain: object, where: str) -> object:
    if plain is None and NoneType in kinds:
        return None
    first = next(kind for kind in kinds if kind is not NoneType)
    if first is int and float in kinds and isinstance(plain, float):
        return plain
    return _value(first, plain, where)


def _tuple(kinds: tuple[Any, ...], plain: object, where: str) -> tuple[object, ...]:
    if not isinstance(plain, list):
        raise MalformedError(f"{where} is not a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(plain)
    if len(kinds) != len(plain):
        raise MalformedError(f"{where} has {len(plain)} values, not {len(kinds)}")
    pairs = zip(kinds, plain, strict=True)
    return tuple(_value(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(pairs))


def _mapping(kind: Any, plain: object, where: str) -> dict[str, object]:
    if not isinstance(plain, Mapping):
        raise MalformedError(f"{where} is not an object")
    return {key: _value(kind, item, f"{where}.{key}") for key, item in plain.items()}


def _scalar(kind: Any, plain: object, where: str) -> object:
    if kind is object:
        return plain
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        try:
            return float(plain)
        except OverflowError:
            raise MalformedError(f"{where} is a number that is too large") from None
    if kind is float and plain is None:
        return float("nan")  # to_plain wrote it as null
    if not isinstance(plain, kind) or (isinstance(plain, bool) and kind is not bool):
        raise MalformedError(f"{where} is {shortened(plain)}, not {kind.__name__}")
    return plain
