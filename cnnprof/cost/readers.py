"""Who reads what an op wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnnprof.cost.arithmetic import FREE
from cnnprof.records.graph import Op

OTHERS = -1  # stands for the reader of a tensor that several ops read, or the network's caller


def readers_of(ops: Sequence[Op], kept: Collection[int]) -> dict[int, int]:
    """For each op, the one that reads what it wrote before it is written again; ``OTHERS`` if they are several."""
    writers: dict[int, int] = {}
    readers: dict[int, int] = {}
    for index, op in enumerate(ops):
        if op.kind in FREE:
            continue
        for value in op.inputs:
            if value.storage in writers:
                writer = writers[value.storage]
                readers[writer] = OTHERS if writer in readers else index
        for value in op.outputs:
            writers[value.storage] = index
    for storage in kept:
        if storage in writers:
            readers[writers[storage]] = OTHERS
    return readers
