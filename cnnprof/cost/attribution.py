"""What a runtime's counters tell, set to the ops of the graph by place and type.

A row that fits no op keeps its name and its time: nothing is left out, and nothing is guessed by duration.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cnnprof.cost.arithmetic import FREE
from cnnprof.cost.fusion import fused_groups
from cnnprof.cost.operators import HEAVY, kinds_of
from cnnprof.records.graph import Graph, Op
from cnnprof.records.layer_times import LayerTime, RuntimeLayer


def attribute(rows: Sequence[RuntimeLayer], graph: Graph, *, fuses: bool) -> tuple[LayerTime, ...]:
    """Each row with the ops of the graph that it computes, in the order of the rows; no op belongs to two rows.

    In each module, rows of a type take the ops of that type in turn, as many each; what is left goes to the rows that
    are left there if there are as many. A row that may be of any module takes an op only where no other row and no
    other op fit. With ``fuses`` an op that no row names joins the row of the op it is fused with when deployed: that is
    what became of it. But what an addition or activation is fused into does not join its row: that stands for it alone.
    """
    claims: list[list[int]] = [[] for _ in rows]
    free = set(range(len(graph.ops)))
    _claim_by_type(rows, graph, claims, free)
    _claim_what_is_left(rows, graph, claims, free, fuses)
    _claim_without_path(rows, graph, claims, free)
    if fuses:
        _join_fused(rows, graph, claims, free)
    return tuple(_layer(row, claim, graph) for row, claim in zip(rows, claims, strict=True))


def _claim_by_type(
    rows: Sequence[RuntimeLayer], graph: Graph, claims: list[list[int]], free: set[int]
) -> None:
    """Rows and ops of one module and one type, shared out in order."""
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for path in row.paths:
            for word in row.types:
                waiting[path, word].append(place)
    by_path = _by_path(graph, free)
    for (path, word), places in waiting.items():
        left = [index for index in by_path[path] if index in free]
        fitting = [index for index in left if _is_named(graph.ops[index], word)]
        fitting = fitting or [index for index in left if graph.ops[index].kind in kinds_of(word)]
        for place, share in zip(places, _shares(fitting, len(places)), strict=True):
            claims[place] += share
            free -= set(share)


def _by_path(graph: Graph, free: set[int]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index in sorted(free):
        found[graph.ops[index].path].append(index)
    return found


def _is_named(op: Op, word: str) -> bool:
    """Whether the word is the function that was called; torch's own runtimes say that."""
    return word in (op.function, op.call.rpartition(".")[2])


def _shares(ops: Sequence[int], parts: int) -> Iterator[Sequence[int]]:
    """Consecutive parts of equal length; one each where that does not come out even, and the last takes the rest."""
    size = len(ops) // parts if len(ops) % parts == 0 else 1
    for part in range(parts):
        yield ops[part * size : (part + 1) * size if part < parts - 1 else len(ops)]


def _claim_what_is_left(
    rows: Sequence[RuntimeLayer], graph: Graph, claims: list[list[int]], free: set[int], fuses: bool
) -> None:
    """In a module where as many rows as ops are left, they are the same in order."""
    by_path = _by_path(graph, {index for index in free if not (fuses and graph.ops[index].kind in FREE)})
    waiting: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if not claims[place] and len(row.paths) == 1:
            waiting[row.paths[0]].append(place)
    for path, places in waiting.items():
        if len(places) == len(by_path[path]):
            for place, index in zip(places, by_path[path], strict=True):
                claims[place].append(index)
                free.discard(index)


def _claim_without_path(
    rows: Sequence[RuntimeLayer], graph: Graph, claims: list[list[int]], free: set[int]
) -> None:
    """Rows that may be of any module: one alone that fits the one op that it fits is that op."""
    wanted = [
        (place, [index for index in sorted(free) if _fits(graph.ops[index], word)])
        for place, row in enumerate(rows)
        if not row.paths
        for word in row.types
    ]
    rivals = Counter(index for _, index in {(place, index) for place, fitting in wanted for index in fitting})
    for place, fitting in wanted:
        if len(fitting) == 1 and rivals[fitting[0]] == 1 and fitting[0] in free:
            claims[place] += fitting
            free -= set(fitting)


def _fits(op: Op, word: str) -> bool:
    return _is_named(op, word) or op.kind in kinds_of(word)


def _join_fused(rows: Sequence[RuntimeLayer], graph: Graph, claims: list[list[int]], free: set[int]) -> None:
    owners = {index: place for place, claim in enumerate(claims) for index in claim}
    for group in fused_groups(graph):
        owned = [owners[index] for index in group if index in owners]
        for index in free.intersection(group):
            place = next((place for place in owned if _takes_in(rows[place], graph.ops[index])), None)
            if place is not None:
                claims[place].append(index)
                free.discard(index)


def _takes_in(row: RuntimeLayer, op: Op) -> bool:
    """Whether the op may be part of what a row computes: a convolution or product only where the row is one."""
    return op.kind not in HEAVY or any(kinds_of(word) & HEAVY for word in row.types)


def _layer(row: RuntimeLayer, claim: Iterable[int], graph: Graph) -> LayerTime:
    ops = tuple(sorted(claim))
    paths = dict.fromkeys(graph.ops[index].path for index in ops) if ops else dict.fromkeys(row.paths)
    return LayerTime(row.name, tuple(paths), ops, tuple(row.seconds))
