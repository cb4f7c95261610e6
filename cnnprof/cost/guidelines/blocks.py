"""G3: the blocks of a network, found in how its tensors flow, and how fragmented each of them is.

A block spans from one point that every value passes to the next. Where one tensor is all that is still needed, the
network is a chain; between two such points it has branches: a shortcut, parallel convolutions, a gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from cnnprof.cost.arithmetic import FREE, MACS, READS
from cnnprof.cost.guidelines.clock import timed_block
from cnnprof.cost.memory import moved
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph, Op
from cnnprof.records.guidelines import Block

FRAGMENTS = frozenset({*MACS, *READS} - {"reduce"})


def find_blocks(graph: Graph, counts: Counts, seconds: Sequence[float] | None) -> tuple[Block, ...]:
    """The blocks with more than one branch, in the order they run; with ``seconds`` of each op also their time."""
    indices = [index for index, op in enumerate(graph.ops) if op.kind not in FREE]
    widths = _widths(graph, [graph.ops[index] for index in indices])
    cuts = [-1, *(place for place, width in enumerate(widths) if width <= 1)]
    names = {call.path: call.module for call in graph.calls}
    spans = [(first + 1, last + 1) for first, last in pairwise(cuts) if last - first > 1]
    blocks = [
        _block(graph, counts, indices[start:end], max(widths[start:end]), names) for start, end in spans
    ]
    if seconds is None:
        return tuple(blocks)
    return tuple(
        timed_block(block, indices[start:end], graph, seconds)
        for block, (start, end) in zip(blocks, spans, strict=True)
    )


def _widths(graph: Graph, ops: Sequence[Op]) -> list[int]:
    """After each op, how many of the tensors written so far are still to be read; views of one count once."""
    first = {value.storage: -1 for value in graph.inputs}
    last: dict[int, int] = {}
    for place, op in enumerate(ops):
        for value in op.outputs:
            first.setdefault(value.storage, place)
        for value in op.inputs:
            last[value.storage] = place
    change = [0] * (len(ops) + 1)
    for storage, end in last.items():
        start = max(first.get(storage, end), 0)
        if start < end:
            change[start] += 1
            change[end] -= 1
    widths, width = [], 0
    for step in change[:-1]:
        width += step
        widths.append(width)
    return widths


def _block(
    graph: Graph, counts: Counts, indices: Sequence[int], branches: int, names: dict[str, str]
) -> Block:
    ops = [graph.ops[index] for index in indices]
    path = _shared_path([op.path for op in ops])
    return Block(
        path=path,
        module=names.get(path, ""),
        operations=len(ops),
        fragments=sum(op.kind in FRAGMENTS for op in ops),
        branches=branches,
        macs=sum(counts.ops[index].macs for index in indices),
        memory_bytes=sum(counts.ops[index].memory_bytes for index in indices),
        saved_bytes=sum(_read_again(graph, ops))
        + sum(counts.ops[index].memory_bytes for index in indices if graph.ops[index].kind == "concat"),
    )


def _read_again(graph: Graph, ops: Sequence[Op]) -> Iterator[int]:
    """Bytes of what a second and any further convolution or pooling reads of one and the same tensor.

    Of several views it is what they have too much for one tensor: the pieces of a split are each read once.
    """
    read: dict[int, dict[int, int]] = {}
    for op in ops:
        for value in op.inputs if op.kind in FRAGMENTS else ():
            size, views = moved(value, graph.storage_bytes), read.setdefault(value.storage, {})
            room = graph.storage_bytes[value.storage] - sum(views.values())
            yield size if id(value) in views else max(0, size - max(0, room))
            views[id(value)] = size
        for value in op.outputs:
            read.pop(value.storage, None)


def _shared_path(paths: Sequence[str]) -> str:
    """The innermost module that holds all of them."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, columns))
