"""torchstat's five totals: it adds up leaf modules of a few classes and prints a line for every other one.

Source: torchstat 0.0.7, ``model_hook.py``, ``reporter.py``. What it passes over is passed over here: functional ops,
additions, global means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from cnnprof.cost.arithmetic import macs
from cnnprof.cost.conventions.tally import BIAS, MISSED, Tally
from cnnprof.cost.conventions.torchstat_layers import FLOPS, MADD, MEMORY, OWN, REASONS
from cnnprof.records.convention import Convention, ConventionFigure
from cnnprof.records.graph import Graph, Op

COUNTS = (
    "leaf modules only; MAdd: multiplications and additions apart, 4 an element for batch norm; Flops: multiply-adds, "
    "2 an element for batch norm, 1 for ReLU, 1 an input element for pooling, 1 an output position for upsampling; "
    "memory: module outputs"
)
NO_RULE = "transposed convolution counted as nothing"


def torchstat(graph: Graph) -> Convention:
    """Total params, memory (MB), MAdd, Flops and memory read + written, rounded as torchstat rounds them."""
    graph = _by_base(graph)
    leaves = list(_leaves(graph))
    params = sum(parameter.elements for parameter in graph.parameters)
    memory = sum(prod(op.outputs[0].shape[1:]) for op in leaves) * 4 / 1024**2
    madd = sum(_by_class(MADD, op) for op in leaves)
    flops = sum(_by_class(FLOPS, op) for op in leaves)
    moved = sum(4 * sum(MEMORY[op.module](op)) for op in leaves if op.module in MEMORY and _is_own(op))
    explained = _explain(graph, leaves)
    return Convention(
        "torchstat",
        COUNTS,
        (
            ConventionFigure("Total params", params, f"{params:,}"),
            ConventionFigure("Total memory", memory, f"{memory:.2f} MB"),
            ConventionFigure("Total MAdd", madd, f"{_rounded(madd)}MAdd"),
            ConventionFigure("Total Flops", flops, f"{_rounded(flops)}Flops"),
            ConventionFigure("Total MemR+W", moved, f"{_rounded(moved, binary=True)}B"),
        ),
        flops,
        parts=explained.parts,
    )


def _by_base(graph: Graph) -> Graph:
    """Each op under the class of torch's that its module is of, or derives from: torchstat asks ``isinstance``."""
    bases = {call.path: call.base for call in graph.calls}
    found = [(op, bases.get(op.path, op.module)) for op in graph.ops]
    return replace(
        graph, ops=tuple([op if op.module == base else replace(op, module=base) for op, base in found])
    )


def _explain(graph: Graph, leaves: Sequence[Op]) -> Convention:
    """Its Flops once more, each unit with what it is for."""
    tally = Tally(graph)
    places = {id(op): index for index, op in enumerate(graph.ops)}
    for op in leaves:
        amount = _by_class(FLOPS, op)
        if amount and op.kind in ("conv", "linear"):
            tally.product(places[id(op)], macs(op), "multiply-adds")
            tally.extra(BIAS, amount - macs(op))
        elif amount:
            tally.extra(REASONS.get(op.module, "activations: 1 an element"), amount)
    return tally.close("torchstat", COUNTS, "Flops", {**MISSED, "conv_transpose": NO_RULE})


def _leaves(graph: Graph) -> Iterator[Op]:
    """The op of each leaf module (a module without modules in it), once however often it is called.

    Where a leaf runs several ops it is the last of the kind that its class stands for, or else the last.
    """
    inner = {path.rpartition(".")[0] for path in _paths(graph)}
    found: dict[str, Op] = {}
    for op in graph.ops:
        if op.path and op.path not in inner and (_is_own(op) or not _is_own(found.get(op.path, op))):
            found[op.path] = op
    yield from found.values()


def _is_own(op: Op) -> bool:
    return OWN.get(op.module, op.kind) == op.kind


def _paths(graph: Graph) -> Iterator[str]:
    """Every module path that occurs, with all paths above it."""
    names = {op.path for op in graph.ops} | {p.name.rpartition(".")[0] for p in graph.parameters}
    for name in names:
        while name:
            yield name
            name = name.rpartition(".")[0]


def _by_class(table: Mapping[str, Callable[[Op], int]], op: Op) -> int:
    return table[op.module](op) if op.module in table and _is_own(op) else 0


def _rounded(value: float, binary: bool = False) -> str:
    base = 1024.0 if binary else 1000.0
    for power, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if value // base**power > 0:
            return f"{round(value / base**power, 2)}{letter}"
    return str(value)
