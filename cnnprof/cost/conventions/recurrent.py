"""Recurrent layers as counters see them: a formula of the weights for those with hooks, one operator for the others.

Sources: thop 0.1.1, ``rnn_hooks.py``; ptflops 0.7.5, ``pytorch_ops.py`` (``rnn_flops``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod

from cnnprof.cost.arithmetic import macs
from cnnprof.cost.conventions.functions import called
from cnnprof.cost.conventions.tally import Tally
from cnnprof.records.graph import Call, Graph, Op

Formula = Callable[[Call], int]
Weight = tuple[str, tuple[int, ...]]

BEYOND = "recurrent layers: additions, biases and products, element by element"
# A jit trace has one operator for a whole layer, where a cell is made of linear layers.
OPERATORS = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})
CELLS = frozenset({"RNNCell", "GRUCell", "LSTMCell"})
LAYERS = CELLS | {"RNN", "GRU", "LSTM"}
INPUT = re.compile(r"weight_ih(_l\d+)?")
GATES: Mapping[str, int] = {"RNN": 1, "GRU": 3, "LSTM": 4}
# What ptflops adds for each scalar of the state, besides biases.
ADDED: Mapping[str, int] = {"RNN": 1, "GRU": 7, "LSTM": 10}


def by_formula(tally: Tally, graph: Graph, call: Call, formula: Formula) -> int:
    """Add what a hook makes of one call of a recurrent layer, its products met apart from the rest; returns it all."""
    if not has_sizes(call):
        return 0
    amount = rest = formula(call)
    for index in range(call.first, call.last):
        count = macs(graph.ops[index])
        if count:
            tally.product(index, count, BEYOND)
            rest -= count
    tally.extra(BEYOND, rest)
    return amount


def thop_formula(call: Call) -> int:
    """Every layer by its cell, a second direction like the first; input and state sizes alone, without a projection.

    The steps are those of the first two sizes, in whichever order; a cell takes one for each row.
    """
    kind, (hidden, size), directions = _kind(call), _sizes(call), _directions(call)
    biased = any(name.startswith("bias") for name, _ in call.weights)
    sizes = (size, *[directions * hidden] * (_layers(call) - 1))
    return directions * sum(_thop_cell(kind, size, hidden, biased) for size in sizes) * _steps(call)


def _thop_cell(kind: str, size: int, hidden: int, biased: bool) -> int:
    """A gate multiplies, adds both products and, with bias, two more; GRU and LSTM make a state of their gates."""
    gate = (size + hidden) * hidden + hidden + (2 * hidden if biased else 0)
    return GATES[kind] * gate + (0 if kind == "RNN" else 4 * hidden)


def ptflops_formula(call: Call) -> int:
    """The scalars of weights and biases and some for each of the state, in every layer; twice for two directions."""
    scalars = sum(prod(shape) for name, shape in _first_direction(call) if "_ih" in name or "_hh" in name)
    added = _layers(call) * ADDED[_kind(call)] * _sizes(call)[0]
    return _directions(call) * (scalars + added) * _steps(call)


def has_sizes(call: Call) -> bool:
    """Whether its sizes are seen: not of weights under a mask or made by a hook, nor of a packed sequence."""
    return bool(call.input) and _layers(call) > 0 and all(len(shape) == 2 for _, shape in _inputs(call))


def _kind(call: Call) -> str:
    return call.module.removesuffix("Cell")


def _first_direction(call: Call) -> list[Weight]:
    return [(name, shape) for name, shape in call.weights if not name.endswith("_reverse")]


def _directions(call: Call) -> int:
    return 1 if len(_first_direction(call)) == len(call.weights) else 2


def _inputs(call: Call) -> list[Weight]:
    """The weight of each layer that meets its input."""
    return [(name, shape) for name, shape in _first_direction(call) if INPUT.fullmatch(name)]


def _layers(call: Call) -> int:
    return len(_inputs(call))


def _sizes(call: Call) -> tuple[int, int]:
    """Of the state and of the input: the first weight has a row for each scalar of each gate."""
    rows, columns = _inputs(call)[0][1]
    return rows // GATES[_kind(call)], columns


def _steps(call: Call) -> int:
    return prod(call.input[:1] if call.module in CELLS else call.input[:2])


def is_operator(op: Op) -> bool:
    """Whether it ran inside of what a jit trace sees as one operator, a whole recurrent layer."""
    return called(op) in OPERATORS


def projected(graph: Graph) -> frozenset[str]:
    """The paths of the LSTM layers that project their state."""
    return frozenset(
        op.path for op in graph.ops for weight in op.parameters if ".weight_hr_l" in f".{weight.name}"
    )
