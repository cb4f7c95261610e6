"""What the CPU runs as one op, which counters below the functions have no formula for: LSTM layers and attention."""

from __future__ import annotations

from cnnprof.cost.conventions.functions import called
from cnnprof.cost.conventions.recurrent import projected
from cnnprof.records.graph import Graph, Op


def fused(graph: Graph) -> frozenset[int]:
    """Where in the network they are."""
    apart = projected(graph)
    return frozenset(
        index for index, op in enumerate(graph.ops) if _is_one_kernel(op) or _is_one_layer(op, apart)
    )


def _is_one_kernel(op: Op) -> bool:
    """Attention, but for what is run as products: the record says which those are."""
    return op.kind == "attention" and op.attributes.get("fused") is not False


def _is_one_layer(op: Op, projecting: frozenset[str]) -> bool:
    """An LSTM layer without a projection, and not in double precision."""
    return called(op) == "lstm" and op.path not in projecting and op.outputs[0].dtype != "float64"
