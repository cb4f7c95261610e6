"""All costs of a graph, op by op and in total."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from cnnprof.cost.arithmetic import MACS, STATUS, UNCOUNTED, WEIGHTED, activations, flops
from cnnprof.cost.fusion import fused_bytes
from cnnprof.cost.liveness import peak_bytes
from cnnprof.cost.memory import executed_bytes, paper_bytes
from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.graph import Graph, Op, Value
from cnnprof.records.making import maker

SHAPE = attrgetter("shape")
make_counts = maker(OpCounts)


def count_graph(graph: Graph) -> Counts:
    """The costs of a network; totals are the sums over its ops, parameters are counted once."""
    executed = [executed_bytes(op, graph.storage_bytes) for op in graph.ops]
    fused = fused_bytes(graph, executed)
    seen: set[str] = set()
    ops = tuple([_count_op(*costs, seen) for costs in zip(graph.ops, executed, fused, strict=True)])
    uncounted = Counter([op.kind for op in ops if op.status == UNCOUNTED])
    return Counts(
        params=sum([parameter.elements for parameter in graph.parameters]),
        macs=sum([op.macs for op in ops]),
        flops=sum([op.flops for op in ops]),
        activations=sum([op.activations for op in ops]),
        memory_bytes=sum(executed),
        memory_paper_bytes=sum([op.memory_paper_bytes for op in ops]),
        memory_fused_bytes=sum(fused),
        peak_bytes=peak_bytes(graph),
        uncounted_ops=tuple(sorted(uncounted.items())),
        ops=ops,
        method=graph.method,
    )


def _count_op(op: Op, executed: int, fused: int, seen: set[str]) -> OpCounts:
    kind = op.kind
    own_macs = MACS[kind](op) if kind in MACS else 0
    weighted = kind in WEIGHTED
    return make_counts(
        kind,
        op.function,
        op.path,
        op.module,
        _shapes(op.inputs),
        _shapes(op.outputs),
        STATUS.get(kind, UNCOUNTED),
        _new_params(op, seen) if op.parameters else 0,
        own_macs,
        flops(op, own_macs),
        activations(op) if weighted else 0,
        executed,
        paper_bytes(op) if weighted else 0,
        fused,
    )


def _shapes(values: tuple[Value, ...]) -> tuple[tuple[int, ...], ...]:
    return (values[0].shape,) if len(values) == 1 else tuple(map(SHAPE, values))


def _new_params(op: Op, seen: set[str]) -> int:
    """Parameters that no earlier op used: a shared layer's are counted at its first call."""
    params = 0
    for parameter in op.parameters:
        if parameter.trainable and parameter.name not in seen:
            seen.add(parameter.name)
            params += parameter.elements
    return params
