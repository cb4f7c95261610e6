"""Bytes moved once a network is deployed: batch norm folded, activations and residual additions in the producer.

A tensor that is written by one op and read only by the op fused into it never reaches memory. Fused are batch norm
into a convolution or linear layer (as is a factor for each channel: TensorFlow's exporter writes the norm as one and
a bias), then any number of elementwise ops of one tensor, and an addition of another tensor or of a bias. Between
integers (QDQ, see ``dequantised``) the rounding to them joins whatever op comes before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from cnnprof.cost.arithmetic import FREE, WEIGHTED
from cnnprof.cost.dequantised import in_integers
from cnnprof.cost.gates import QUANTIZE
from cnnprof.cost.memory import executed_bytes, moved
from cnnprof.cost.readers import OTHERS, readers_of
from cnnprof.records.graph import Graph, Op, item_bytes

ACTIVATIONS = frozenset(
    {
        "relu", "relu6", "hard_tanh", "leaky_relu", "clamp", "hard_sigmoid", "hard_swish", "sigmoid", "silu",
        "tanh", "softplus", "mish", "elu", "gelu", "soft_shrink",
    }
)  # fmt: skip
ELEMENTWISE = ACTIVATIONS | {"fake_quantize"}  # of one tensor
PRODUCERS = frozenset({*WEIGHTED, "matmul", "add", "batch_norm", "concat", "avg_pool", "adaptive_avg_pool"})
SCALES = ("batch_norm", "mul")  # what a weight takes up


def fused_bytes(graph: Graph, executed: Sequence[int]) -> list[int]:
    """Bytes of each op when deployed, from those it moves as executed; what is fused keeps what it still moves."""
    deployed = in_integers(graph)
    ops, storage_bytes = deployed.ops, deployed.storage_bytes
    costs = list(executed if deployed is graph else [executed_bytes(op, storage_bytes) for op in ops])
    for writer, reader in fusions(deployed):
        producer, consumer = ops[writer], ops[reader]
        inner = producer.outputs[0]
        size = moved(inner, storage_bytes)
        costs[writer] -= size
        costs[reader] -= size
        if consumer.kind in SCALES:
            costs[reader] -= sum([parameter.read_bytes for parameter in consumer.parameters])
            if consumer.kind == "batch_norm" and not producer.attributes.get("bias"):
                # Folding leaves one shift for each channel behind.
                costs[writer] += inner.shape[1] * item_bytes(inner.dtype)
    return costs


def fusions(graph: Graph) -> Iterator[tuple[int, int]]:
    """Pairs of places: the op at the second is computed inside the one at the first when deployed."""
    folded: set[int] = set()
    rounded: dict[int, int] = {}  # what is rounded is still what the op before the rounding computes
    for writer, reader in _sole_readers(graph).items():
        # But no weight takes up a norm that comes after the rounding.
        producer = writer if graph.ops[reader].kind in SCALES else rounded.get(writer, writer)
        if graph.ops[reader].kind == QUANTIZE:
            rounded[reader] = producer
            yield writer, reader
        elif _fuses(graph.ops[producer], graph.ops[reader], producer in folded):
            folded.add(reader)
            yield writer, reader


def fused_groups(graph: Graph) -> tuple[tuple[int, ...], ...]:
    """Places of the ops that are computed together when deployed, those that cost nothing then left out.

    Groups stand in the order of their last ops: only then has each of them all that it reads.
    """
    deployed = in_integers(graph)
    groups = {index: [index] for index, op in enumerate(deployed.ops) if op.kind not in FREE}
    for writer, reader in fusions(deployed):
        groups[reader] = sorted([*groups.pop(writer), *groups[reader]])
    return tuple(tuple(group) for _, group in sorted(groups.items()))


def _fuses(producer: Op, consumer: Op, producer_is_fused: bool) -> bool:
    if consumer.kind == "batch_norm":
        if producer.kind == "linear" and len(producer.outputs[0].shape) > 2:
            return False  # its channels come last, and those of batch norm second
        return producer.kind in WEIGHTED and not consumer.attributes.get("training")
    if consumer.kind == "mul":
        return producer.kind in WEIGHTED and _by_channel(producer, consumer)
    if consumer.kind in ELEMENTWISE:
        return producer_is_fused or producer.kind in PRODUCERS or producer.kind in ELEMENTWISE
    if consumer.kind != "add":
        return False
    if len(consumer.inputs) == 1:  # of a weight: a bias by an op of its own
        same = bool(consumer.parameters) and consumer.outputs[0].shape == producer.outputs[0].shape
    else:
        same = all(value.shape == producer.outputs[0].shape for value in consumer.inputs)
    return same and (producer_is_fused or producer.kind in WEIGHTED)


def _by_channel(producer: Op, consumer: Op) -> bool:
    """Whether an op has one number of a weight for each channel of a layer, and keeps its shape."""
    shape = producer.outputs[0].shape
    if len(consumer.inputs) != 1 or len(consumer.parameters) != 1 or consumer.outputs[0].shape != shape:
        return False
    given = consumer.parameters[0].given
    axis = len(producer.weight) - 1  # from the end, behind it the dimensions that a kernel slides along
    return len(given) >= axis and given[-axis] == shape[-axis] == prod(given)


def _sole_readers(graph: Graph) -> dict[int, int]:
    """Writer -> reader for each tensor that exactly one op reads whole, and that is not an output of the network.

    An addition is the reader of two tensors: the later of them is the one whose producer it joins.
    """
    ops = graph.ops
    pairs = sorted(readers_of(ops, {value.storage for value in graph.outputs}).items())
    latest = {reader: writer for writer, reader in pairs}
    return {
        writer: reader
        for writer, reader in pairs
        if reader != OTHERS and latest[reader] == writer and _reads_whole(ops, writer, reader)
    }


def _reads_whole(ops: Sequence[Op], writer: int, reader: int) -> bool:
    outputs = ops[writer].outputs
    # Nearly always the same object, found at once.
    return len(outputs) == 1 and outputs[0] in ops[reader].inputs
