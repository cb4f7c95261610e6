"""Arguments of builders: refused in their own names, before torch would refuse them in its words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from math import isfinite
from numbers import Integral, Real
from typing import Any

from cnnprof.errors import UnknownNameError, shortened, unknown


def check_arguments(name: str, builder: Callable[..., Any], arguments: Mapping[str, object]) -> None:
    """UnknownNameError for an argument that the builder does not take."""
    try:
        taken = inspect.signature(builder).parameters
    except ValueError:  # some built-in callables have no signature
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return
    for argument in arguments:
        if argument not in taken:
            raise unknown("argument", argument, taken, otherwise=_takes(taken), where=f"of {name}")


def takes_any(builder: Callable[..., Any]) -> bool:
    """Whether a builder has any argument to give, as far as it tells."""
    try:
        return bool(inspect.signature(builder).parameters)
    except ValueError:
        return True


def _takes(taken: Mapping[str, inspect.Parameter]) -> str:
    return f"it takes: {', '.join(taken)}" if taken else "it takes no arguments"


def check_values(name: str, builder: Callable[..., Any], arguments: Mapping[str, object]) -> None:
    """UnknownNameError for a value that is not what the builder's annotation says, and for a width of nothing: some
    builders would round it up without a word, and ``norm=maybe`` would be as good as true.
    """
    taken = inspect.signature(builder).parameters
    for argument, value in arguments.items():
        kind, _, optional = str(taken[argument].annotation).partition(" | ")
        if kind not in KINDS or (optional and value is None):
            continue
        if problem := _problem(argument, kind, value):
            raise UnknownNameError(
                f"{argument} of {name} {problem}, not {shortened(value)}",
                f"for example --arg {argument}={str(taken[argument].default).lower()}",
            )


def _problem(argument: str, kind: str, value: Any) -> str:
    """What a value is to be where it is not; nothing where it is."""
    least = 0 if argument == "num_classes" else 1  # without classes a network ends in its features
    if argument.endswith("_mult") and _is_number(value) and not value > 0:
        return "must be above 0"
    said, holds = KINDS[kind]
    if not holds(value):
        return said
    return f"must be at least {least}" if kind == "int" and value < least else ""


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


# By annotation; text is left to the builders, which know their own words.
KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("is true or false", lambda value: isinstance(value, int)),
    "int": ("is a whole number", lambda value: _is_number(value) and isinstance(value, Integral)),
    "float": ("is a number", lambda value: _is_number(value) and isfinite(value)),
}
