"""Option values as str, int, float or Path, without pydantic.

Recent Typer converts every value through pydantic, whose import takes longer than all else ``cnnprof list``
does. The few types used here need none of it, and get messages in the words of this command line. A Typer
without that machinery converts values itself, as before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

CONVERTERS: dict[object, tuple[Callable[[Any], object], str]] = {
    str: (str, "text"),
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    Path: (Path, "a path"),
}


class LightCommand(TyperCommand):
    """A command whose options are converted by ``Coercion``, and each given as often as it may be."""

    def get_params(self, ctx: Any) -> Any:
        """All options, ``--help`` among them."""
        return [_lightened(parameter) for parameter in super().get_params(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Usage error for an option that stands twice where one value counts: Typer takes the last without a word."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in dict.fromkeys(given):
            single = not getattr(option, "multiple", True) and not getattr(option, "is_flag", True)
            if single and given.count(option) > 1:
                ctx.fail(
                    f"{max(option.opts, key=len)} is given {given.count(option)} times: it takes one value"
                )
        return super().parse_args(ctx, args)


class LightGroup(TyperGroup):
    """A group of commands whose own options are converted by ``Coercion``."""

    def get_params(self, ctx: Any) -> Any:
        """All options, ``--help`` among them."""
        return [_lightened(parameter) for parameter in super().get_params(ctx)]


def _lightened(parameter: Any) -> Any:
    """The option with our converter where Typer would build its own on first use."""
    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if getattr(parameter, "_runtime_param", parameter) is None and _item(kind) in CONVERTERS:
        parameter._runtime_param = Coercion(kind)
    return parameter


class Coercion:
    """Converts the values of one option; stands where Typer keeps its own converter."""

    def __init__(self, kind: object) -> None:
        self.is_list = get_origin(kind) is list
        self.convert, self.wanted = CONVERTERS[_item(kind)]

    def coerce(self, value: Any, param: Any, ctx: Any) -> object:
        """The value as the option's type; Typer's usage error where it is none. Absent stays absent."""
        if value is None:
            return () if self.is_list else None
        if self.is_list:
            return [self._one(item, param, ctx) for item in value]
        return self._one(value, param, ctx)

    def _one(self, value: Any, param: Any, ctx: Any) -> object:
        try:
            return self.convert(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is not {self.wanted}", ctx=ctx, param=param) from None


def _item(kind: object) -> object:
    """``list[str]`` -> ``str``; any other type as it is."""
    return get_args(kind)[0] if get_origin(kind) is list else kind
