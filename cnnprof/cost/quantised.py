"""A network's graph as it would be in int8: a byte for each number that is a float32 in the graph traced."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.graph import ITEM_BYTES, Graph, Parameter, Value

FROM, TO = "float32", "int8"
SHRINKS = ITEM_BYTES[FROM] // ITEM_BYTES[TO]


def in_int8(graph: Graph) -> Graph:
    """The same ops on the same shapes, weights and activations of one byte an element.

    Scales, and biases that stay in 32 bits, are left out of account: a few bytes for each output channel.
    """
    values: dict[int, Value] = {}
    floats: set[int] = set()

    def shrunk(value: Value) -> Value:
        if value.dtype != FROM:
            return value
        floats.add(value.storage)
        return values.setdefault(id(value), replace(value, dtype=TO))

    ops = tuple(
        replace(
            op,
            inputs=tuple(map(shrunk, op.inputs)),
            outputs=tuple(map(shrunk, op.outputs)),
            parameters=_shrunk(op.parameters),
        )
        for op in graph.ops
    )
    inputs, outputs = tuple(map(shrunk, graph.inputs)), tuple(map(shrunk, graph.outputs))
    sizes = (size // SHRINKS if place in floats else size for place, size in enumerate(graph.storage_bytes))
    return replace(
        graph,
        ops=ops,
        inputs=inputs,
        outputs=outputs,
        parameters=_shrunk(graph.parameters),
        storage_bytes=tuple(sizes),
    )


def _shrunk(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    return tuple(replace(each, dtype=TO) if each.dtype == FROM else each for each in parameters)
