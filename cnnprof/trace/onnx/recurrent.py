"""LSTM, GRU and RNN of ONNX: one node for all steps and directions of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnprof.trace.onnx.inference import Known
from cnnprof.trace.onnx.kinds import KINDS
from cnnprof.trace.onnx.nodes import Attributes, Shape, attribute, is_given, shape_of

# The activations of recurrent layers where a node names none, each gate's first; and those that have a cost.
STATES = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
COSTED = frozenset({"sigmoid", "tanh", "relu", "hard_sigmoid", "elu", "softplus", "leaky_relu"})


def recurrent(node: Any, inputs: Sequence[Known | None], shape: Shape) -> tuple[str, Attributes]:
    """``D x gates H x I`` by the input, ``D x gates H x H`` by the state; a bias is one for each of the two.

    Uncounted, as its own name says, with peepholes or an activation that has no cost.
    """
    usual = STATES[node.op_type]
    named = attribute(node, "activations") or usual
    kinds = tuple(KINDS.get(_name(each), "") for each in named[: len(usual)])
    if not set(kinds) <= COSTED or is_given(inputs, 7):
        return node.op_type, {}
    sizes = {"weight": shape_of(inputs, 1), "recurrent": shape_of(inputs, 2)}
    return node.op_type.lower(), {**sizes, "bias": is_given(inputs, 3), "activations": kinds}


def _name(text: Any) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
