"""Functions that a model defines for itself, written out where they are called."""

from __future__ import annotations

from typing import Any

from cnnprof.errors import ModelError, first_line
from cnnprof.trace.onnx.nodes import graphs_in

# Functions that call functions multiply: thirty that call the next one twice are a thousand million nodes.
MOST_NODES = 1_000_000
Key = tuple[str, str, str]  # domain, name, overload
WITHOUT = "export it without functions"


def without_functions(model: Any) -> Any:
    """The model with every call of a local function replaced by the function's nodes.

    Raises ModelError where functions call each other in a circle, grow beyond all measure, or fit no call.
    """
    if not model.functions:
        return model
    bodies = {
        (function.domain, function.name, function.overload): function.node for function in model.functions
    }
    sizes: dict[Key, int] = {}
    if _nodes(model.graph.node, bodies, sizes, ()) > MOST_NODES:
        raise ModelError(f"its functions unfold to more than {MOST_NODES:,} operators", WITHOUT)
    from onnx.inliner import inline_local_functions

    try:
        return inline_local_functions(model)
    except Exception as error:  # onnx's checker and its inliner raise classes of their own
        raise ModelError(f"its functions cannot be written out: {first_line(error)}", WITHOUT) from error


def _nodes(nodes: Any, bodies: dict[Key, Any], sizes: dict[Key, int], path: tuple[Key, ...]) -> int:
    total = 0
    for node in nodes:
        key = (node.domain, node.op_type, node.overload)
        if key in path or len(path) > 100:
            raise ModelError(f"its function {node.op_type!r} calls itself", WITHOUT)
        if key in bodies and key not in sizes:
            sizes[key] = _nodes(bodies[key], bodies, sizes, (*path, key))
        total += sizes.get(key, 1)
        total += sum(_nodes(graph.node, bodies, sizes, path) for graph in graphs_in(node))
    return total
