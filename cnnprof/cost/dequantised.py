"""A network that rounds to integers and back between its layers (QDQ), as runtimes deploy it: in integers.

Quantising and dequantising around a layer, as ONNX files and torch have it, says that it is to be computed in int8.
Deployed, each op reads the integers themselves, however many ops read them, and the rounding is part of the op before
it (``fusion``) or of the activation that it stands inside (``gates``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cnnprof.cost.gates import gated
from cnnprof.records.graph import Graph, Op, Value

DEQUANTIZE = "dequantize"


def in_integers(graph: Graph) -> Graph:
    """The same ops at the same places, those that dequantise as views of the integers that they read.

    What the network returns in floating point is computed for its caller, and stays an op.
    """
    if all(op.kind != DEQUANTIZE for op in graph.ops):
        return graph
    returned = {value.storage for value in graph.outputs}
    integers: dict[int, Value] = {}
    ops = []
    for op in graph.ops:
        if op.kind == DEQUANTIZE and op.outputs[0].storage not in returned and op.inputs:
            integers[op.outputs[0].storage] = _stored(op.inputs[0], integers)
            op = replace(op, kind="view", parameters=())
        ops.append(_shown(op, integers))
    return replace(graph, ops=gated(ops, returned))


def _shown(op: Op, integers: Mapping[int, Value]) -> Op:
    if all(value.storage not in integers for value in (*op.inputs, *op.outputs)):
        return op
    inputs = tuple(_stored(value, integers) for value in op.inputs)
    return replace(op, inputs=inputs, outputs=tuple(_stored(value, integers) for value in op.outputs))


def _stored(value: Value, integers: Mapping[int, Value]) -> Value:
    held = integers.get(value.storage)
    return value if held is None else replace(value, storage=held.storage, dtype=held.dtype)
