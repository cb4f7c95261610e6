"""Bytes read and written: op by op as executed, and in the manner of ShuffleNet V2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

from cnnprof.cost.arithmetic import FREE
from cnnprof.records.graph import Op, Value, bytes_of, item_bytes


def moved(value: Value, storage_bytes: Sequence[int]) -> int:
    """Bytes that one tensor moves: an expanded view is read from the memory it has, not the shape it shows."""
    size, held = value.nbytes, storage_bytes[value.storage]
    return size if size < held else held


def executed_bytes(op: Op, storage_bytes: Sequence[int]) -> int:
    """Inputs and parameters read, outputs written; a view moves nothing, an op in place reads and writes."""
    own = OWN_BYTES.get(op.kind)
    if own is not None:
        return own(op, storage_bytes)
    total = 0
    for value in op.inputs + op.outputs:
        size, held = value.nbytes, storage_bytes[value.storage]  # as in ``moved``, without its call
        total += size if size < held else held
    for parameter in op.parameters:
        total += parameter.read_bytes
    if op.inplace and op.parameters and op.kind != "copy":
        # A buffer that is updated is no activation and has no storage of its own; one that is copied to is not read.
        total += sum([value.nbytes for value in op.outputs if not storage_bytes[value.storage]])
    return total


def _no_bytes(op: Op, storage_bytes: Sequence[int]) -> int:
    return 0


def _filled_bytes(op: Op, storage_bytes: Sequence[int]) -> int:
    """What is filled is only written, whatever gave the fill its shape; a buffer was recorded as read for that."""
    written = [moved(value, storage_bytes) for value in op.outputs]
    return sum(written) + sum([parameter.read_bytes for parameter in op.parameters])


def _picked_bytes(op: Op, storage_bytes: Sequence[int]) -> int:
    """As many elements read as written, and the indices: all other tensors, be they activations or buffers.

    A graph that does not say what is picked from has its indices as numbers: a parameter is then a table.
    """
    from_weight = op.attributes.get("from_weight", bool(op.parameters))
    inputs, parameters = (op.inputs, op.parameters[1:]) if from_weight else (op.inputs[1:], op.parameters)
    written = sum([moved(value, storage_bytes) for value in op.outputs])
    indices = [moved(value, storage_bytes) for value in inputs] + [
        parameter.read_bytes for parameter in parameters
    ]
    return 2 * written + sum(indices)


def _put_bytes(op: Op, storage_bytes: Sequence[int]) -> int:
    """What is put and the indices read, and as many elements written as there are places for them."""
    written = op.attributes["written"]
    assert isinstance(written, int)
    read = sum(
        [moved(value, storage_bytes) for value in op.inputs] + [each.read_bytes for each in op.parameters]
    )
    return read + written * item_bytes(op.outputs[0].dtype)


# Picking and putting touch as many elements as they pick or put, however large the tensor on the other side.
OWN_BYTES: Mapping[str, Callable[[Op, Sequence[int]], int]] = {
    **dict.fromkeys(FREE, _no_bytes),
    "fill": _filled_bytes,
    "gather": _picked_bytes,
    "scatter": _put_bytes,
}


def paper_bytes(op: Op) -> int:
    """ShuffleNet V2, section 2: ``h w (c1 + c2) + c1 c2 / g`` elements for a convolution or linear layer.

    Inputs, outputs and weights without bias, each in its own dtype; everything else is free.
    """
    return op.source.nbytes + sum([value.nbytes for value in op.outputs]) + _weight_bytes(op)


def _weight_bytes(op: Op) -> int:
    """A weight of eight bits may meet sums of 32; one that is computed first is in the dtype of the output."""
    elements = prod(op.weight)
    for parameter in op.parameters:
        if parameter.elements == elements:
            return bytes_of(elements, parameter.dtype)
    return bytes_of(elements, op.outputs[0].dtype)
