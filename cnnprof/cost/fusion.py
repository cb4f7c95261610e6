"""Bytes moved once a network is deployed: batch norm folded, activations and residual additions in the producer.

A tensor that is written by one op and read only by the op fused into it never reaches memory. Fused are batch norm
into a convolution or linear layer, then any number of elementwise ops of one tensor, and an addition of another.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    folded: set[int] = set()
    for writer, reader in _sole_readers(graph).items():
        producer, consumer = ops[writer], ops[reader]
        if not _fuses(producer, consumer, writer in folded):
            continue
        inner = producer.outputs[0]
        size = moved(inner, storage_bytes)
        costs[writer] -= size
        costs[reader] -= size
        if consumer.kind == "batch_norm":
            costs[reader] -= sum(parameter.nbytes for parameter in consumer.parameters)
            if not producer.attributes.get("bias"):
                # Folding leaves one shift for each channel behind.
                costs[writer] += inner.shape[1] * ITEM_BYTES.get(inner.dtype, 4)
        folded.add(reader)
    return costs


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
    return len(outputs) == 1 and any(value == outputs[0] for value in ops[reader].inputs)


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
