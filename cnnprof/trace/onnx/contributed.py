"""Operators of ONNX Runtime's own (``com.microsoft``), written as the standard ones that they stand for.

Its tools leave them in files: ``quantize_static`` in its operator format, and a session that saves the graph it has
optimised. Signatures are those of ONNX Runtime's ``docs/ContribOperators.md``. Scales and zero points say how integers
are to be read, and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnprof.trace.onnx.contributed_norms import SKIPPING, summed_and_normed
from cnnprof.trace.onnx.nodes import attribute
from cnnprof.trace.onnx.places import in_place_of

DOMAIN = "com.microsoft"
# The standard operator, and which of the inputs are its own.
ALIKE: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "QLinearAdd": ("Add", (0, 3)),
    "QLinearMul": ("Mul", (0, 3)),
    "QLinearWhere": ("Where", (0, 1, 4)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearSigmoid": ("Sigmoid", (0,)),
    "QLinearLeakyRelu": ("LeakyRelu", (0,)),
    "QLinearSoftmax": ("Softmax", (0,)),
    "FusedConv": ("Conv", (0, 1, 2)),
    "FusedGemm": ("Gemm", (0, 1, 2)),
    # Files also have it among ONNX's own operators, which it is none of.
    "SimplifiedLayerNormalization": ("SimplifiedLayerNormalization", (0, 1)),
    "Gelu": ("Gelu", (0,)),
    "BiasGelu": ("Add", (0, 1)),
    "FastGelu": ("Add", (0, 1)),
    "QuickGelu": ("Sigmoid", (0,)),
}
# Of QLinearConcat, whose inputs are scale and zero point of the result, then each piece with its own two.
PIECES = slice(2, None, 3)
READ_BOUNDS = 11  # the version since which a Clip reads its bounds; they were attributes before
SUMMED = 3  # the place of what FusedConv adds before its activation
# What an activation's parameters are called where it is an operator of its own.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "Clip": ("min", "max"),
    "HardSigmoid": ("alpha", "beta"),
    "LeakyRelu": ("alpha",),
}


def in_standard(node: Any, version: int) -> list[Any] | None:
    """The nodes of standard operators of a version that do the same, one after another; None for one that is not
    known here.
    """
    nodes = _plain(node)
    if nodes and nodes[-1].op_type == "Clip" and version >= READ_BOUNDS:
        return [*_bounds(nodes[-1]), *nodes]
    return nodes


def _plain(node: Any) -> list[Any] | None:
    if attribute(node, "channels_last", 0):
        return None
    if node.op_type == "QLinearConcat":
        return _in_turn(node, [_standard(node, "Concat", list(node.input)[PIECES])])
    if node.op_type in SKIPPING:
        return summed_and_normed(node)
    if node.op_type not in ALIKE:
        return None
    kind, places = ALIKE[node.op_type]
    inputs = [node.input[place] if place < len(node.input) else "" for place in places]
    while inputs and not inputs[-1]:
        inputs.pop()
    if node.op_type == "FastGelu" and len(inputs) == 1:
        kind = "Gelu"
    return _in_turn(node, [_standard(node, kind, inputs), *_behind(node, kind)])


def _standard(node: Any, kind: str, inputs: list[str]) -> Any:
    """The node under another operator's name, with its place and those attributes that both have."""
    from onnx import defs

    known = defs.get_schema(kind).attributes if defs.has(kind) else ()
    made = in_place_of(node, kind, inputs, [""])
    made.attribute.extend(each for each in node.attribute if each.name in known)
    return made


def _behind(node: Any, kind: str) -> list[Any]:
    """What else a node does once its first operator is done; the first input of each is what the one before wrote."""
    if node.op_type == "QuickGelu":
        return [in_place_of(node, "Mul", ["", node.input[0]], [""])]
    if node.op_type.endswith("Gelu") and kind == "Add":
        return [in_place_of(node, "Gelu", [""], [""])]
    found = []
    if node.op_type == "FusedConv" and len(node.input) > SUMMED:
        found.append(in_place_of(node, "Add", ["", node.input[SUMMED]], [""]))
    if activation := attribute(node, "activation"):
        found.append(in_place_of(node, activation, [""], [""], **_parameters(node, activation)))
    return found


def _parameters(node: Any, activation: str) -> dict[str, float]:
    """Listed by FusedConv, each under a name of its own in FusedGemm."""
    names = PARAMETERS.get(activation, ())
    listed = attribute(node, "activation_params", ())
    named = {name: attribute(node, f"activation_{name}") for name in names}
    return {**dict(zip(names, listed, strict=False)), **{n: v for n, v in named.items() if v is not None}}


def _in_turn(node: Any, nodes: list[Any]) -> list[Any]:
    """The nodes with names for what passes between them; the last writes the result."""
    *before, last = nodes
    for place, each in enumerate(before):
        each.output[0] = f"{node.output[0]} before {nodes[place + 1].op_type}"
        nodes[place + 1].input[0] = each.output[0]
    last.output[:] = node.output[:1]
    return nodes


def _bounds(clip: Any) -> list[Any]:
    """The constants that a ``Clip`` reads its bounds from, where it has them."""
    from onnx import helper

    values = {each.name: each.f for each in clip.attribute}
    names = {bound: f"{clip.output[0]} {bound}" for bound in PARAMETERS["Clip"] if bound in values}
    del clip.attribute[:]
    clip.input.extend(names.get(bound, "") for bound in PARAMETERS["Clip"])
    return [
        helper.make_node("Constant", [], [name], value_float=values[bound]) for bound, name in names.items()
    ]
