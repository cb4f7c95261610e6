"""A counter's total as it grows, and beside it why it is not ``paper``'s: no unit is added without its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from cnnprof.cost.arithmetic import macs
from cnnprof.records.convention import Convention, ConventionFigure, ConventionPart
from cnnprof.records.graph import Graph

# Why multiply-adds that no rule of a counter met are missing from its total, by the kind of op.
PLAIN = "layers not counted: called as functions, or of classes derived from torch's own"
MISSED: Mapping[str, str] = {
    "attention": "fused attention counted as nothing",
    "matmul": "matrix products not counted",
}
NO_FORMULA = "products it has no formula for"
BIAS = "bias: 1 an output element"
ADDENDS = "addmm and baddbmm: 1 an element of what is added to"
BROADCASTING = "broadcasting in matrix products not seen"
TRANSPOSED = "transposed convolution counted over its outputs instead of its inputs"


class Tally:
    """The amounts of one counter. ``per_mac`` is how many of its units one multiply-add makes.

    Every multiply-add of the graph is either met by ``product`` or turns up as missed when the tally is closed, so
    that the parts add up to ``total - per_mac * macs`` however wrong the counter is.
    """

    def __init__(self, graph: Graph, per_mac: int = 1) -> None:
        self.graph = graph
        self.per_mac = per_mac
        self.total = 0
        self._open = {index: count for index, op in enumerate(graph.ops) if (count := macs(op))}
        self._gaps: dict[str, int] = defaultdict(int)

    def open_products(self) -> list[tuple[int, int]]:
        """The ops whose multiply-adds no rule has met so far, with their macs."""
        return list(self._open.items())

    def extra(self, reason: str, amount: int) -> None:
        """Units for what is no multiply-add of the papers'."""
        self.total += amount
        self._gaps[reason] += amount

    def product(self, index: int, amount: int, reason: str) -> None:
        """Units for the multiply-adds of op ``index``; ``reason`` explains what is not as it should be."""
        self.total += amount
        self._gaps[reason] += amount - self.per_mac * self._open.pop(index, 0)

    def close(
        self, name: str, counts: str, label: str, missed: Mapping[str, str] = MISSED, otherwise: str = PLAIN
    ) -> Convention:
        """The convention with one figure; what no rule met is missed, for the reason of its kind."""
        for index, count in self._open.items():
            self._gaps[missed.get(self.graph.ops[index].kind, otherwise)] -= self.per_mac * count
        parts = [ConventionPart(reason, amount) for reason, amount in self._gaps.items() if amount]
        parts.sort(key=lambda part: -abs(part.amount))
        figure = ConventionFigure(label, self.total, f"{self.total:,}")
        return Convention(name, counts, (figure,), self.total, self.per_mac, tuple(parts))
