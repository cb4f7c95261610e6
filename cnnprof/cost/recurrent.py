"""Recurrent layers that a graph holds as one op (ONNX): what torch's own count as, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from cnnprof.records.graph import Op

# How often each of a layer's activations is taken in a step: of the gates, of what is to be added, of the new state.
TIMES: Mapping[str, tuple[int, ...]] = {"lstm": (3, 1, 1), "gru": (2, 1), "rnn": (1,)}
# Additions and products of a step for each element of the state, besides the two products with weights and biases.
STEP: Mapping[str, int] = {
    "lstm": 4 + 4,  # both products for each of four gates; f * c + i * g, and o times that
    "gru": 3 + 4,  # three gates; r * h, and h + z * (n - h)
    "rnn": 1,
}


def recurrent_macs(op: Op) -> int:
    """``T x N x D x gates H x (I + H)``; the weights are ``D x gates H x I`` and ``D x gates H x H``."""
    return _steps(op) * (prod(_sizes(op, "weight")) + prod(_sizes(op, "recurrent")))


def recurrent_flops(op: Op, per_element: Mapping[str, int]) -> int:
    """All but the products: a bias for each of the two, and what makes the next state of them."""
    directions, gates, state = _sizes(op, "recurrent")
    biases = 2 * gates if op.attributes["bias"] else 0
    kinds = op.attributes["activations"]
    assert isinstance(kinds, tuple)
    inside = sum(times * per_element[kind] for times, kind in zip(TIMES[op.kind], kinds, strict=True))
    return _steps(op) * directions * (biases + (STEP[op.kind] + inside) * state)


def _steps(op: Op) -> int:
    """``T x N``: how often each direction takes a step."""
    return op.source.elements // op.source.shape[-1]


def _sizes(op: Op, name: str) -> tuple[int, ...]:
    sizes = op.attributes[name]
    assert isinstance(sizes, tuple)
    return sizes
