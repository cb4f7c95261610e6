"""The time of each op, where the runtime's counters told it: what findings are sorted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnnprof.cost.arithmetic import FREE
from cnnprof.cost.guidelines.shares import group_of
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.guidelines import Block, Finding, Share
from cnnprof.records.layer_times import LayerTimes


def seconds_of_ops(counts: Counts, times: LayerTimes) -> tuple[float, ...]:
    """Seconds of each op of the graph. A layer's are those of its most costly op: what is fused into it has none."""
    seconds = [0.0] * len(counts.ops)
    for layer in times.layers:
        if layer.ops:
            seconds[counts.chief(layer.ops)] += times.typical(layer.seconds)
    return tuple(seconds)


def timed_shares(shares: Sequence[Share], graph: Graph, seconds: Sequence[float]) -> tuple[Share, ...]:
    """Each group with its time."""
    found: dict[str, float] = {}
    for op, own in zip(graph.ops, seconds, strict=True):
        if op.kind not in FREE:
            found[group_of(op)] = found.get(group_of(op), 0.0) + own
    return tuple(replace(share, seconds=found[share.group]) for share in shares)


def timed_block(block: Block, indices: Sequence[int], graph: Graph, seconds: Sequence[float]) -> Block:
    """The block with its time, and that of its operations below the average of the network."""
    work = [own for op, own in zip(graph.ops, seconds, strict=True) if op.kind not in FREE]
    average = sum(work) / max(len(work), 1)
    own = [seconds[index] for index in indices]
    small = [each for each in own if each < average]
    return replace(block, seconds=sum(own), small=len(small), small_s=sum(small))


def timed(finding: Finding, seconds: float, memory_bytes: int) -> Finding:
    """The finding with the part of ``seconds`` that its bytes are of ``memory_bytes``."""
    share = min(1.0, finding.saved_bytes / memory_bytes) if memory_bytes else 0.0
    return replace(finding, saved_s=seconds * share)
