"""The layers of a network summed up by kind of op, with the time that their work takes at the machine's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnprof.cost.arithmetic import FREE
from cnnprof.cost.guidelines.shares import (
    ACTIVATION,
    ARITHMETIC,
    COPY,
    DEPTHWISE,
    NORM,
    OTHER_CONVS,
    OTHERS,
    POINTWISE,
    POOLING,
    PRODUCTS,
    group_of,
)
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.counts import Counts
from cnnprof.records.explanation import KindWork
from cnnprof.records.graph import Graph
from cnnprof.records.layer_times import LayerTime, LayerTimes

REST = "views, layout, others"
KINDS: Mapping[str, str] = {
    POINTWISE: "pointwise conv",
    DEPTHWISE: "depthwise conv",
    OTHER_CONVS: "other conv",
    PRODUCTS: "linear, matmul",
    POOLING: "pooling",
    ACTIVATION: "elementwise",
    ARITHMETIC: "elementwise",
    NORM: "normalisation",
    COPY: "shuffle, concat",
    OTHERS: REST,
}
ORDER = tuple(dict.fromkeys(KINDS.values()))


def work_by_kind(graph: Graph, counts: Counts, times: LayerTimes, ceilings: Ceilings) -> tuple[KindWork, ...]:
    """Every kind that occurs. A layer of several ops is of the kind of the most costly; views are of none of them.

    Each layer's work counts once, by what binds it: ``max(macs / peak, bytes / bandwidth)`` (Williams et al. 2009).
    """
    found: dict[str, list[LayerTime]] = {kind: [] for kind in ORDER}
    for layer in times.layers:
        found[kind_of(graph, counts, layer)].append(layer)
    return tuple(_sum(kind, layers, counts, times, ceilings) for kind, layers in found.items() if layers)


def kind_of(graph: Graph, counts: Counts, layer: LayerTime) -> str:
    """The kind of a layer's most costly op."""
    ops = [index for index in layer.ops if graph.ops[index].kind not in FREE]
    if not ops:
        return REST
    return KINDS[group_of(graph.ops[counts.chief(ops)])]


def _sum(
    kind: str, layers: Sequence[LayerTime], counts: Counts, times: LayerTimes, ceilings: Ceilings
) -> KindWork:
    costs = [_costs(counts, times, layer) for layer in layers]
    limits = [(macs / ceilings.macs.per_s, moved / ceilings.memory.per_s) for macs, moved in costs]
    return KindWork(
        kind=kind,
        layers=len(layers),
        macs=sum(macs for macs, _ in costs),
        memory_bytes=sum(moved for _, moved in costs),
        compute_s=sum(compute for compute, memory in limits if compute > memory),
        memory_s=sum(memory for compute, memory in limits if compute <= memory),
        seconds=tuple(sum(call) for call in zip(*(layer.seconds for layer in layers), strict=True)),
        points=tuple((max(limit), layer.seconds) for limit, layer in zip(limits, layers, strict=True)),
    )


def _costs(counts: Counts, times: LayerTimes, layer: LayerTime) -> tuple[int, int]:
    ops = [counts.ops[index] for index in layer.ops]
    return sum(op.macs for op in ops), sum(int(getattr(op, times.bytes_by)) for op in ops)
