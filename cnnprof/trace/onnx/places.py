"""Where in the network a node comes from, as far as the file says."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from cnnprof.records.graph import Parameter


def path_of(node: Any, parameters: Sequence[Parameter]) -> str:
    """The module that a node comes from, as torch's exporters write it down; else the node's own name."""
    if parameters and parameters[0].trainable and "." in parameters[0].name:
        return parameters[0].name.rpartition(".")[0]
    for entry in node.metadata_props:
        if entry.key == "pkg.torch.onnx.name_scopes" and len(entry.value) < 10_000:
            return _scope(entry.value)
    scopes: list[str] = node.name.strip("/").split("/")
    return scopes[-2] if len(scopes) > 1 else scopes[0]


def in_place_of(
    node: Any, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: float
) -> Any:
    """A node that stands where another did, with its name and the module that it comes from."""
    from onnx import helper

    made = helper.make_node(kind, inputs, outputs, name=node.name, **attributes)
    made.metadata_props.extend(node.metadata_props)
    return made


def _scope(text: str) -> str:
    """``['', 'features', 'features.0', 'conv2d']``: the last is the op."""
    try:
        scopes = ast.literal_eval(text)
        return str(scopes[-2])
    except (ValueError, SyntaxError, TypeError, IndexError, RecursionError, MemoryError):
        return ""
