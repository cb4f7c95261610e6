"""MODEL, as it is typed, to a network: a name of the zoo or of another package, a factory, a file with a graph."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from cnnprof.errors import FileError, ModelError, UnknownNameError
from cnnprof.records.entry import Entry
from cnnprof.records.graph import Graph
from cnnprof.zoo.catalogue import find_entry
from cnnprof.zoo.factories import Code, build_from
from cnnprof.zoo.loading import FACTORY_HINT, beside, current_folder, load_file
from cnnprof.zoo.packages import PACKAGES, find_packaged

if TYPE_CHECKING:
    from torch import nn

PICKLES = (".pt", ".pth", ".ckpt", ".pkl", ".bin")
GRAPH_FILES = (".onnx", ".pt2")
OWN_PREFIXES = ("block", "controlled")  # names of the zoo that look like package.module:factory


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
            f"{model} holds a graph, not an nn.Module", "cnnprof.profile(..., latency=False) counts it"
        )

    return Source(model, "onnx", (3, 224, 224), build)


def _from_file(model: str, path: Path, factory: str, arguments: Mapping[str, object]) -> Source:
    if not path.is_file():
        reason = f"{path} is a directory" if path.is_dir() else f"no such file: {path}"
        raise FileError(reason, FACTORY_HINT)
    if not os.access(path, os.R_OK):
        raise FileError(f"cannot read {path}: permission denied", f"chmod +r {quote(str(path))}")
    code = Code(str(path), partial(load_file, path), partial(beside, path))
    return _from_code(model, code, factory, arguments)


def _from_module(model: str, place: str, factory: str, arguments: Mapping[str, object]) -> Source:
    code = Code(place, partial(import_module, place), current_folder)
    return _from_code(model, code, factory, arguments)


def _from_code(model: str, code: Code, factory: str, arguments: Mapping[str, object]) -> Source:
    def build(weights: bool, seed: int) -> nn.Module:
        return build_from(model, code, factory, arguments, seed)

    return Source(model, code.place, (3, 224, 224), build)
