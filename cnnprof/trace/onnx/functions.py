"""Functions that a model defines for itself, written out where they are called."""

from __future__ import annotations

from typing import Any

from cnnprof.errors import ModelError

# Functions that call functions multiply: thirty that call the next one twice are a thousand million nodes.
MOST_NODES = 1_000_000
Key = tuple[str, str]


def without_functions(model: Any) -> Any:
    """The model with every call of a local function replaced by the function's nodes.

    Raises ModelError where functions call each other in a circle or grow beyond all measure.
    """
    if not model.functions:
        return model
    bodies = {(function.domain, function.name): function.node for function in model.functions}
    sizes: dict[Key, int] = {}
    if _nodes(model.graph.node, bodies, sizes, ()) > MOST_NODES:
        raise ModelError(
            f"its functions unfold to more than {MOST_NODES:,} operators", "export it without functions"
        )
    from onnx.inliner import inline_local_functions

    return inline_local_functions(model)


def _nodes(nodes: Any, bodies: dict[Key, Any], sizes: dict[Key, int], path: tuple[Key, ...]) -> int:
    total = 0
    for node in nodes:
        key = (node.domain, node.op_type)
        if key in path or len(path) > 100:
            raise ModelError(f"its function {node.op_type!r} calls itself", "export it without functions")
        if key in bodies and key not in sizes:
            sizes[key] = _nodes(bodies[key], bodies, sizes, (*path, key))
        inner = [attribute.g.node for attribute in node.attribute if attribute.HasField("g")]
        total += sizes.get(key, 1) + sum(_nodes(graph, bodies, sizes, path) for graph in inner)
    return total
