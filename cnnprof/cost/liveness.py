"""Peak memory: the largest sum of activations alive at once while the network runs in order."""

from __future__ import annotations

from itertools import accumulate

from cnnprof.cost.arithmetic import FREE
from cnnprof.records.graph import Graph


def peak_bytes(graph: Graph) -> int:
    """Bytes alive at the worst moment; weights are not activations.

    A tensor lives from the op that writes it to the last op that reads it or a view of it; the network's input lives
    from the start, its outputs until the end. What an op works on in its own buffers is not seen.
    """
    first, last = _lifetimes(graph)
    change = [0] * (len(graph.ops) + 2)  # at each op; outputs go after the end
    for storage, start in first.items():
        size = graph.storage_bytes[storage]
        change[start] += size
        change[last[storage] + 1] -= size
    return max(accumulate(change))


def _lifetimes(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """First and last op, of those that are not free, of each storage that ops write or the caller gives."""
    first = {value.storage: 0 for value in graph.inputs}
    last = dict(first)
    ops = [op for op in graph.ops if op.kind not in FREE]  # an input outlives views that come first
    for index, op in enumerate(ops):
        for value in op.outputs:
            storage = value.storage
            if storage not in first:
                first[storage] = index
            last[storage] = index
        for value in op.inputs:
            last[value.storage] = index
    for value in graph.outputs:
        last[value.storage] = len(ops)
    return first, last
