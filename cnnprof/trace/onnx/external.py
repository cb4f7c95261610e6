"""Where an ONNX file's weights are when they are not in it: checked, never read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from cnnprof.errors import FileError, ModelError
from cnnprof.trace.onnx.nodes import graphs_in

OUTSIDE = "external data must lie beside the .onnx file or below its folder"


def tensors_of(model: Any) -> Iterator[Any]:
    """Every ``TensorProto`` in a model, those in branches, loops and local functions among them."""
    yield from _in_graph(model.graph)
    for function in model.functions:
        yield from _in_nodes(function.node)


def _in_graph(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _in_nodes(graph.node)


def _in_nodes(nodes: Any) -> Iterator[Any]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
        for graph in graphs_in(node):
            yield from _in_graph(graph)


def check_location(tensor: Any, path: Path) -> None:
    """A tensor's external data is a file inside the model's folder, and long enough.

    Raises ModelError where it points elsewhere (``../``, an absolute path, a symbolic link), FileError where it is
    missing or truncated.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    found = _inside(location, tensor.name, path)
    if not found.is_file():
        raise FileError(
            f"{location}, which holds weights of {path}, is not there",
            f"put it into {path.parent}, beside the .onnx file that it was exported with",
        )
    end = _number(entries, "offset", tensor.name) + _number(entries, "length", tensor.name)
    if end > found.stat().st_size:
        raise FileError(
            f"{location}, which holds weights of {path}, is truncated: "
            f"{tensor.name!r} ends at byte {end} of {found.stat().st_size}",
            "copy it again, or export the network again",
        )


def _inside(location: str, name: str, path: Path) -> Path:
    # A file made on one system is read on another: a path that leaves the folder on any of them is refused.
    posix, windows = PurePosixPath(location), PureWindowsPath(location)
    rooted = posix.is_absolute() or windows.is_absolute() or bool(windows.drive or windows.root)
    if not location or "\0" in location or rooted or ".." in (*posix.parts, *windows.parts):
        raise ModelError(
            f"tensor {name!r} takes its data from {location!r}, outside the model's folder", OUTSIDE
        )
    found, folder = (path.parent / location).resolve(), path.parent.resolve()
    if not found.is_relative_to(folder):
        raise ModelError(
            f"tensor {name!r} takes its data from {location!r}, a link to outside the model's folder", OUTSIDE
        )
    return found


def _number(entries: dict[str, str], key: str, name: str) -> int:
    text = entries.get(key, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ModelError(f"tensor {name!r} has external data of {key} {text!r}", "export the network again")
    return int(text)
