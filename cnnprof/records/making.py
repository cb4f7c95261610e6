"""Frozen records made quickly, where a pass makes thousands of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

Record = TypeVar("Record")


def maker(record: type[Record]) -> Callable[..., Record]:
    """A function that makes one ``record`` of a value for each of its fields, in their order, defaults spelled out.

    The constructor of a frozen dataclass sets every field through ``object.__setattr__``: 1.0 us for ten fields. This
    one fills a twin that is not frozen and has the same slots, then declares it the record that it is: 0.2 us. Its
    code is written out as a dataclass writes that of its constructor: without it, each call would be two.
    """
    names = [field.name for field in fields(record)]  # type: ignore[arg-type]
    twin = type(record.__name__, (), {"__slots__": tuple(names)})
    lines = [f"made.{name} = {name}" for name in names]
    code = "\n    ".join(
        (
            f"def make({', '.join(names)}):",
            "made = twin()",
            *lines,
            "made.__class__ = record",
            "return made",
        )
    )
    space: dict[str, Any] = {"twin": twin, "record": record}
    exec(code, space)
    return space["make"]  # type: ignore[no-any-return]
