"""Bytes moved once a network is deployed: batch norm folded, activations and residual additions in the producer.

A tensor that is written by one op and read only by the op fused into it never reaches memory. Fused are batch norm
into a convolution or linear layer, then any number of elementwise ops of one tensor, and an addition of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnprof.cost.arithmetic import FREE
from cnnprof.cost.memory import WEIGHTED, moved
from cnnprof.records.graph import ITEM_BYTES, Graph, Op

ACTIVATIONS = frozenset(
    {
        "relu", "relu6", "hard_tanh", "leaky_relu", "clamp", "hard_sigmoid", "hard_swish", "sigmoid", "silu",
        "tanh", "softplus", "mish", "elu", "gelu",
    }
)  # fmt: skip
PRODUCERS = frozenset({*WEIGHTED, "matmul", "add", "batch_norm", "concat", "avg_pool", "adaptive_avg_pool"})

CALLER = -1  # stands among the readers for whoever gets the network's outputs


def fused_bytes(graph: Graph, executed: Sequence[int]) -> list[int]:
    """Bytes of each op when deployed, from those it moves as executed; what is fused keeps what it still moves."""
    ops, storage_bytes = graph.ops, graph.storage_bytes
    costs = list(executed)
    for writer, reader in fusions(graph):
        producer, consumer = ops[writer], ops[reader]
        inner = producer.outputs[0]
        size = moved(inner, storage_bytes)
        costs[writer] -= size
        costs[reader] -= size
        if consumer.kind == "batch_norm":
            costs[reader] -= sum([parameter.nbytes for parameter in consumer.parameters])
            if not producer.attributes.get("bias"):
                # Folding leaves one shift for each channel behind.
                costs[writer] += inner.shape[1] * ITEM_BYTES.get(inner.dtype, 4)
    return costs


def fusions(graph: Graph) -> Iterator[tuple[int, int]]:
    """Pairs of places: the op at the second is computed inside the one at the first when deployed."""
    folded: set[int] = set()
    for writer, reader in _sole_readers(graph).items():
        if _fuses(graph.ops[writer], graph.ops[reader], writer in folded):
            folded.add(reader)
            yield writer, reader


def fused_groups(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """Places of the ops that are computed together when deployed, those that cost nothing left out.

    Groups stand in the order of their last ops: only then has each of them all that it reads.
    """
    groups = {index: [index] for index, op in enumerate(graph.ops) if op.kind not in FREE}
    for writer, reader in fusions(graph):
        groups[reader] = sorted([*groups.pop(writer), *groups[reader]])
    return tuple(tuple(group) for _, group in sorted(groups.items()))


def _fuses(producer: Op, consumer: Op, producer_is_fused: bool) -> bool:
    if consumer.kind == "batch_norm":
        return producer.kind in WEIGHTED and not consumer.attributes.get("training")
    if consumer.kind in ACTIVATIONS:
        return producer_is_fused or producer.kind in PRODUCERS or producer.kind in ACTIVATIONS
    residual = consumer.kind == "add" and len(consumer.inputs) == 2
    same = all(value.shape == producer.outputs[0].shape for value in consumer.inputs)
    return residual and same and (producer_is_fused or producer.kind in WEIGHTED)


def _sole_readers(graph: Graph) -> dict[int, int]:
    """Writer -> reader for each tensor that exactly one op reads whole, and that is not an output of the network.

    An addition is the reader of two tensors: the later of them is the one whose producer it joins.
    """
    readers = _readers(graph.ops, {value.storage for value in graph.outputs})
    pairs = {writer: found[0] for writer, found in readers.items() if len(found) == 1 and found != [CALLER]}
    latest = {reader: writer for writer, reader in sorted(pairs.items())}
    return {
        writer: reader
        for writer, reader in sorted(pairs.items())
        if latest[reader] == writer and graph.ops[reader].inputs and _reads_whole(graph.ops, writer, reader)
    }


def _reads_whole(ops: Sequence[Op], writer: int, reader: int) -> bool:
    outputs = ops[writer].outputs
    return (
        len(outputs) == 1 and outputs[0] in ops[reader].inputs
    )  # nearly always the same object, found at once


def _readers(ops: Sequence[Op], kept: set[int]) -> dict[int, list[int]]:
    """For each op, the ops that read what it wrote before it is written again, or the caller."""
    writers: dict[int, int] = {}
    readers: dict[int, list[int]] = {}
    for index, op in enumerate(ops):
        if op.kind in FREE:
            continue
        for value in op.inputs:
            if value.storage in writers:
                readers[writers[value.storage]].append(index)
        for value in op.outputs:
            writers[value.storage] = index
            readers[index] = []
    for storage in kept:
        if storage in writers:
            readers[writers[storage]].append(CALLER)
    return readers
