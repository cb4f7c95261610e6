"""Code of the user's own: loaded, and its factory called; whatever it raises is told in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cnnprof.errors import (
    FileError,
    ModelError,
    UnknownNameError,
    correction,
    first_line,
    in_one_line,
    unknown,
)
from cnnprof.zoo.arguments import check_arguments, takes_any
from cnnprof.zoo.loading import FACTORY_HINT, name_in_package

if TYPE_CHECKING:
    from torch import nn

LONGEST_TEXT = 300
MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class Code:
    """Where code is, how it is loaded, and inside of what it finds its own modules, at loading and when called."""

    place: str
    load: Callable[[], ModuleType]
    surroundings: Callable[[], AbstractContextManager[None]]


def build_from(model: str, code: Code, factory: str, arguments: Mapping[str, object], seed: int) -> nn.Module:
    """The network that a factory returns; its weights are those of the seed however often it is called."""
    from cnnprof.zoo.build import seeded

    with code.surroundings():
        with seeded(seed):
            module = _load(model, code)
        with seeded(seed):  # anew: code that draws numbers draws them only where it is loaded
            return _call(model, _attribute(code.place, module, factory), arguments)


def _load(model: str, code: Code) -> ModuleType:
    place = code.place
    try:
        return code.load()
    except (KeyboardInterrupt, FileError):
        raise
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            hint = (
                "cnnprof list shows the zoo; file.py:factory and package.module:factory are your own models"
            )
            raise UnknownNameError(
                f"unknown model {model!r}: there is no module {error.name}", hint
            ) from error
        raise ModelError(
            f"{place} cannot be imported: {first_line(error)}", _missing_advice(model, error)
        ) from error
    except BaseException as error:  # the user's code may raise anything, SystemExit included
        raise ModelError(
            f"{place} cannot be imported: {in_one_line(error, LONGEST_TEXT)}",
            _import_advice(model, error),
        ) from error


def _missing_advice(model: str, error: ModuleNotFoundError) -> str:
    # In model/model.py, ``from model.backbone import Net`` finds the file itself under the name of its package.
    of_package = "is not a package" in str(error)
    return (_as_part(model) if of_package else "") or "install what it imports, or fix it"


def _import_advice(model: str, error: BaseException) -> str:
    relative = isinstance(error, ImportError) and "relative import" in str(error)
    return (_as_part(model) if relative else "") or "correct it; python shows where it fails"


def _as_part(model: str) -> str:
    """How a file of a package is named; nothing for what is no file."""
    place, _, factory = model.rpartition(":")
    if not place.endswith(".py"):
        return ""
    name, root = name_in_package(Path(place))
    return f"it is part of a package: write {name}:{factory}{'' if root == Path.cwd() else f', in {root}'}"


def _attribute(place: str, module: ModuleType, factory: str) -> object:
    if not factory.isidentifier() or not hasattr(module, factory):
        called = {name: value for name, value in vars(module).items() if callable(value) and name[0] != "_"}
        own = [name for name, value in called.items() if getattr(value, "__module__", "") == module.__name__]
        there = f"it has {', '.join(own[:MOST_NAMES])}" if own else FACTORY_HINT
        raise unknown("factory", factory, called, otherwise=there, where=f"in {place}")
    return getattr(module, factory)


def _call(model: str, factory: Any, arguments: Mapping[str, object]) -> nn.Module:
    from torch import nn

    if isinstance(factory, nn.Module):
        if arguments:
            raise UnknownNameError(
                f"{model} takes no --arg: it is one finished network",
                "leave out --arg, or name a factory that takes it",
            )
        return _copied(factory)
    if not callable(factory):
        raise ModelError(f"{model} is not a factory but of type {type(factory).__name__}", FACTORY_HINT)
    check_arguments(model, factory, arguments)
    try:
        built = factory(**arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ModelError(
            f"{model} raised {in_one_line(error, LONGEST_TEXT)}", _advice(factory, error)
        ) from error
    if not isinstance(built, nn.Module):
        raise ModelError(f"{model} returned {type(built).__name__}, not an nn.Module", FACTORY_HINT)
    return built


def _copied(network: nn.Module) -> nn.Module:
    """Who builds a network may change it, and the next one to build it must find it as it was."""
    try:
        return deepcopy(network)
    except Exception:  # what keeps a handle or a computed tensor has no copy: then it is shared
        return network


def _advice(factory: Callable[..., Any], error: BaseException) -> str:
    if isinstance(error, TypeError) and "argument" in in_one_line(error) and takes_any(factory):
        return "give its arguments with --arg NAME=VALUE, or write a factory that needs none"
    return correction(error) or f"the factory itself fails; {FACTORY_HINT}"
