"""MODEL, as it is typed, to a network: a name of the zoo or of another package, a factory, a file with a graph."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cnnprof.errors import FileError, ModelError, UnknownNameError, unknown
from cnnprof.records.entry import Entry
from cnnprof.records.graph import Graph
from cnnprof.zoo.catalogue import find_entry
from cnnprof.zoo.packages import PACKAGES, find_packaged

if TYPE_CHECKING:
    from torch import nn

PICKLES = (".pt", ".pth", ".ckpt", ".pkl", ".bin")
GRAPH_FILES = (".onnx", ".pt2")
OWN_PREFIXES = ("block", "controlled")  # names of the zoo that look like package.module:factory
LONGEST_TEXT = 300
FACTORY_HINT = "write file.py:factory, where factory() returns an nn.Module"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from, before it is built. ``build(weights, seed)`` builds it, with or without weights.

    ``input`` is the shape without batch that it takes by default. A file fixes the shapes of its inputs: ``declared``,
    batch first, None where a size is open. ``graph(shapes, dtype)`` stands for a network that is no module.
    """

    name: str
    kind: str
    input: tuple[int, ...]
    build: Callable[[bool, int], nn.Module]
    entry: Entry | None = None
    declared: tuple[tuple[int | None, ...], ...] = ()
    graph: Callable[[Sequence[tuple[int, ...]], str], Graph] | None = None


def find_source(model: str, arguments: Mapping[str, object]) -> Source:
    """The source that a MODEL string names; nothing is built and no code of the user's runs yet.

    Raises UnknownNameError, FileError or ModelError, with the next step as the hint.
    """
    place, colon, factory = model.rpartition(":")
    if Path(model).suffix.lower() in PICKLES:
        raise ModelError(
            f"{model} is a pickle, which runs code when it is loaded: cnnprof does not open it", FACTORY_HINT
        )
    if Path(model).suffix.lower() in GRAPH_FILES:
        return _from_graph_file(model, arguments)
    if model.partition(":")[0] in PACKAGES and colon:
        package, _, name = model.partition(":")
        return Source(model, package, *find_packaged(package, name, arguments))
    if place.endswith(".py"):
        return _from_file(model, Path(place), factory, arguments)
    if model.endswith(".py"):
        raise UnknownNameError(f"{model} names a file but no factory in it", FACTORY_HINT)
    if colon and not place:
        raise UnknownNameError(f"{model!r} names no file and no module before its factory", FACTORY_HINT)
    if colon and place not in OWN_PREFIXES:
        return _from_module(model, place, factory, arguments)
    return _from_zoo(find_entry(model), arguments)


def _from_zoo(entry: Entry, arguments: Mapping[str, object]) -> Source:
    def build(weights: bool, seed: int) -> nn.Module:
        from cnnprof.zoo.build import build_entry, seeded, without_weights

        with seeded(seed) if weights else without_weights():
            return build_entry(entry, arguments)

    return Source(entry.name, "zoo", entry.input, build, entry)


def _from_graph_file(model: str, arguments: Mapping[str, object]) -> Source:
    if arguments:
        raise UnknownNameError(
            f"{model} takes no --arg: a file holds one finished network", "leave out --arg"
        )
    if model.lower().endswith(".pt2"):
        from cnnprof.zoo.exported import Exported

        exported = Exported(Path(model))
        return Source(model, "pt2", (3, 224, 224), exported.build, declared=exported.inputs)

    def build(weights: bool, seed: int) -> nn.Module:
        raise ModelError(
            f"{model} holds a graph, no nn.Module", "cnnprof.profile(..., latency=False) counts it"
        )

    return Source(model, "onnx", (3, 224, 224), build)


def _from_file(model: str, path: Path, factory: str, arguments: Mapping[str, object]) -> Source:
    if not path.is_file():
        raise FileError(f"no such file: {path}", FACTORY_HINT)

    def load() -> ModuleType:
        spec = util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise FileError(f"{path} cannot be imported", FACTORY_HINT)
        module = util.module_from_spec(spec)
        sys.path.insert(0, str(path.resolve().parent))  # its own imports work as they do beside it
        try:
            spec.loader.exec_module(module)
        finally:
            sys.path.pop(0)
        return module

    return _from_code(model, str(path), load, factory, arguments)


def _from_module(model: str, place: str, factory: str, arguments: Mapping[str, object]) -> Source:
    def load() -> ModuleType:
        added = nullcontext() if "" in sys.path else _current_folder()
        with added:
            return import_module(place)

    return _from_code(model, place, load, factory, arguments)


class _current_folder:  # noqa: N801 (a context manager)
    """``python -m`` finds modules in the current folder, and so does MODEL."""

    def __enter__(self) -> None:
        sys.path.insert(0, "")

    def __exit__(self, *_: object) -> None:
        sys.path.remove("")


def _from_code(
    model: str, place: str, load: Callable[[], ModuleType], factory: str, arguments: Mapping[str, object]
) -> Source:
    def build(weights: bool, seed: int) -> nn.Module:
        from cnnprof.zoo.build import seeded

        with seeded(seed):
            return _call(model, place, _attribute(place, _load(model, place, load), factory), arguments)

    return Source(model, place, (3, 224, 224), build)


def _load(model: str, place: str, load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
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
            f"{place} cannot be imported: {error}", "install what it imports, or fix it"
        ) from error
    except BaseException as error:  # the user's code may raise anything, SystemExit included
        raise ModelError(
            f"{place} cannot be imported: {_in_one_line(error)}", "correct it; python shows where it fails"
        ) from error


def _attribute(place: str, module: ModuleType, factory: str) -> object:
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    if not factory.isidentifier() or not hasattr(module, factory):
        raise unknown("factory", factory, names, otherwise=FACTORY_HINT, where=f"in {place}")
    return getattr(module, factory)


def _call(model: str, place: str, factory: Any, arguments: Mapping[str, object]) -> nn.Module:
    from torch import nn

    from cnnprof.zoo.build import check_arguments

    if isinstance(factory, nn.Module):
        return factory
    if not callable(factory):
        raise ModelError(f"{model} is no factory but of type {type(factory).__name__}", FACTORY_HINT)
    check_arguments(model, factory, arguments)
    try:
        built = factory(**arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ModelError(f"{model} raised {_in_one_line(error)}", _advice(error)) from error
    if not isinstance(built, nn.Module):
        raise ModelError(f"{model} returned {type(built).__name__}, not an nn.Module", FACTORY_HINT)
    return built


def _in_one_line(error: BaseException) -> str:
    """What the user's own code raised: its text may have any number of lines, or none."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:LONGEST_TEXT]}" if text else type(error).__name__


def _advice(error: BaseException) -> str:
    if isinstance(error, TypeError) and "argument" in str(error):
        return "give its arguments with --arg NAME=VALUE, or write a factory that needs none"
    return f"the factory itself fails; {FACTORY_HINT}"
