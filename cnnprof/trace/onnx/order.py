"""The order that nodes run in, where a file does not list them in it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any

from cnnprof.trace.onnx.nodes import graphs_in


def in_order(nodes: Any) -> list[Any]:
    """Nodes so that each comes after those whose values it reads, and otherwise as they stand.

    ONNX asks files for that order, yet runtimes take any, and converters append nodes. What reads itself in a circle
    comes last, as it stands.
    """
    writers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    waits = [{writers[name] for name in _reads(node) if name in writers} for node in nodes]
    readers: dict[int, list[int]] = {}
    for place, needed in enumerate(waits):
        for writer in needed:
            readers.setdefault(writer, []).append(place)
    ready = [place for place, needed in enumerate(waits) if not needed]
    heapify(ready)
    found: list[int] = []
    while ready:
        found.append(heappop(ready))
        for reader in readers.get(found[-1], ()):
            waits[reader].discard(found[-1])
            if not waits[reader]:
                heappush(ready, reader)
    return [nodes[place] for place in (*found, *(place for place, needed in enumerate(waits) if needed))]


def _reads(node: Any) -> Iterator[str]:
    """The names that a node reads: its inputs, and what the graphs inside it take from around them."""
    yield from node.input
    for graph in graphs_in(node):
        yield from (output.name for output in graph.output)
        for inner in graph.node:
            yield from _reads(inner)
