"""Each layer under its roof (Williams, Waterman and Patterson 2009), and the floor that no runtime goes below.

The roof of a layer is ``max(macs / peak, bytes / bandwidth)`` with every byte from memory. It is not a limit: small
networks run from cache. The floor is one: see ``floor_s``.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.cost.arithmetic import FREE, WEIGHTED
from cnnprof.cost.fusion import fused_groups
from cnnprof.cost.guidelines.shares import group_of
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.layer_times import ONE_BY_ONE, LayerTimes, bytes_by
from cnnprof.records.roofline import LayerRoofline, Roofline


def find_roofline(
    graph: Graph, counts: Counts, ceilings: Ceilings, runtime: str, times: LayerTimes | None = None
) -> Roofline:
    """Layers as the runtime runs them, with its own times where it told them.

    torch eager runs op by op, each op's bytes as executed, each call at its price; every other runtime fuses, and what
    a call costs it is not known. Ops that cost nothing belong to no layer.
    """
    groups = _single_ops(graph) if runtime in ONE_BY_ONE else fused_groups(graph)
    seconds = _seconds(times, graph) if times is not None else {}
    groups = _as_timed(groups, list(seconds))
    layers = tuple(_layer(graph, counts, group, runtime, ceilings, seconds.get(group)) for group in groups)
    return Roofline(ceilings, bytes_by(runtime), layers, floor_s(graph, counts, ceilings))


def floor_s(graph: Graph, counts: Counts, ceilings: Ceilings) -> float:
    """Seconds that no runtime goes below on these limits.

    Layer after layer each convolution, linear layer and matrix product takes ``macs / peak``; the first two at least
    what moving their inputs, outputs and weights takes where all of it is in cache; all else may be computed along the
    way. Over the whole pass, what no cache holds of weights, inputs and outputs comes from memory.
    """
    layers = sum(_least_s(op.macs, op.memory_paper_bytes, ceilings) for op in counts.ops)
    return max(layers, _beyond_cache(graph, ceilings) / ceilings.memory.per_s)


def _least_s(macs: int, moved_bytes: int, ceilings: Ceilings) -> float:
    near = moved_bytes / ceilings.cache.per_s if ceilings.cache is not None else 0.0
    return max(macs / ceilings.macs.per_s, near)


def _beyond_cache(graph: Graph, ceilings: Ceilings) -> int:
    """Bytes of weights, inputs and outputs that the largest cache cannot keep from one pass to the next."""
    if ceilings.capacity_bytes is None:
        return 0
    weights = {
        weight.name: weight.nbytes for op in graph.ops if op.kind in WEIGHTED for weight in op.parameters
    }
    ends = sum(value.nbytes for value in {*graph.inputs, *graph.outputs})
    return max(0, sum(weights.values()) + ends - ceilings.capacity_bytes)


def _single_ops(graph: Graph) -> tuple[tuple[int, ...], ...]:
    return tuple((index,) for index, op in enumerate(graph.ops) if op.kind not in FREE)


def _seconds(times: LayerTimes, graph: Graph) -> dict[tuple[int, ...], float]:
    """Time of each group of ops that cost something; pieces of work on the same ops are one layer."""
    seconds: dict[tuple[int, ...], float] = {}
    for layer in times.layers:
        group = tuple(sorted(index for index in layer.ops if graph.ops[index].kind not in FREE))
        if group:
            seconds[group] = seconds.get(group, 0.0) + times.typical(layer.seconds)
    return seconds


def _as_timed(
    groups: Sequence[tuple[int, ...]], timed: Sequence[tuple[int, ...]]
) -> tuple[tuple[int, ...], ...]:
    """The groups that the runtime timed, and of the others what is left of them."""
    known = {index for group in timed for index in group}
    rest = (tuple(index for index in group if index not in known) for group in groups)
    return tuple(sorted((*timed, *(group for group in rest if group)), key=lambda group: group[-1]))


def _layer(
    graph: Graph,
    counts: Counts,
    group: tuple[int, ...],
    runtime: str,
    ceilings: Ceilings,
    seconds: float | None,
) -> LayerRoofline:
    ops = [counts.ops[index] for index in group]
    chief = counts.chief(group)
    macs, moved_bytes = sum(op.macs for op in ops), sum(getattr(op, bytes_by(runtime)) for op in ops)
    limits = {
        "compute": macs / ceilings.macs.per_s,
        "memory": moved_bytes / ceilings.memory.per_s,
        "overhead": len(group) * ceilings.overhead_s if runtime in ONE_BY_ONE else 0.0,
    }
    return LayerRoofline(
        path=counts.ops[chief].path,
        kind="+".join(op.kind for op in ops),
        group=group_of(graph.ops[chief]),
        ops=group,
        macs=macs,
        moved_bytes=moved_bytes,
        compute_s=limits["compute"],
        memory_s=limits["memory"],
        overhead_s=limits["overhead"],
        bound=max(limits, key=lambda name: limits[name]),
        seconds=seconds,
    )
