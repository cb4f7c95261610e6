"""Sequences of tensors written out: a split, a concatenation, and names for what is taken in between.

torch's exporter writes ``torch.split`` so where it does not optimise (``optimize=False``). The operators are those of
version 13 and later; a sequence whose length depends on values stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnprof.errors import ModelError
from cnnprof.trace.onnx.inference import Known, title
from cnnprof.trace.onnx.nodes import attribute
from cnnprof.trace.onnx.places import in_place_of
from cnnprof.trace.onnx.types import Constant

MOST_PIECES = 10_000  # each becomes a tensor here; no network has as many channels
FIXED = "export the network with fixed shapes, or with optimize=True, torch's default"


class Sequences:
    """The sequences met so far: the names of the tensors in each by its own."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[str, ...]] = {}

    def plain(self, node: Any, known: Mapping[str, Known]) -> list[Any] | None:
        """Nodes that do the same with tensors alone; None where it is no node of a sequence that is known."""
        if node.domain not in ("", "ai.onnx"):
            return None
        if node.op_type == "SplitToSequence":
            return self._split(node, known)
        if node.op_type == "SequenceConstruct":
            self._parts[node.output[0]] = tuple(node.input)
            return []
        parts = self._parts.get(node.input[0]) if node.input else None
        if parts is not None and node.op_type == "SequenceAt":
            return _taken(node, parts, known)
        if parts is not None and node.op_type == "ConcatFromSequence":
            return _joined(node, parts)
        return None

    def _split(self, node: Any, known: Mapping[str, Known]) -> list[Any] | None:
        sizes, axis = _sizes(node, known), attribute(node, "axis", 0)
        if sizes is None:
            return None
        name = node.output[0]
        parts = self._parts[name] = tuple(f"{name}[{index}]" for index in range(len(sizes)))
        single = len(node.input) < 2 and not attribute(node, "keepdims", 1)
        wide = [f"{part} wide" for part in parts] if single else list(parts)
        nodes = [
            _numbers(f"{name} sizes", sizes),
            in_place_of(node, "Split", [node.input[0], f"{name} sizes"], wide),
        ]
        nodes[1].attribute.add(name="axis", type=2, i=axis)
        return nodes + (_each(node, "Squeeze", axis, wide, parts) if single else [])


def _sizes(node: Any, known: Mapping[str, Known]) -> list[int] | None:
    """How long each piece is: as listed, or all of one length but the last."""
    value, split = known.get(node.input[0]), known.get(node.input[1]) if len(node.input) > 1 else None
    if value is None or (len(node.input) > 1 and (not isinstance(split, Constant) or split.data is None)):
        return None
    if isinstance(split, Constant) and split.shape:
        return [int(size) for size in split.data]
    whole = value.shape[attribute(node, "axis", 0)]
    piece = split.data.item() if isinstance(split, Constant) else 1
    starts = range(0, whole, piece)
    return [min(piece, whole - start) for start in starts] if len(starts) <= MOST_PIECES else None


def _taken(node: Any, parts: tuple[str, ...], known: Mapping[str, Known]) -> list[Any]:
    index = known.get(node.input[1])
    if not isinstance(index, Constant) or index.data is None:
        raise ModelError(f"which tensor {title(node)} takes is not known before it has run", FIXED)
    return [in_place_of(node, "Identity", [parts[index.data.item()]], list(node.output))]


def _joined(node: Any, parts: tuple[str, ...]) -> list[Any]:
    """A concatenation; of a stack, each tensor is a view of one more dimension first."""
    axis, name = attribute(node, "axis"), node.output[0]
    stacks = bool(attribute(node, "new_axis", 0))
    tall = [f"{name}[{index}]" for index in range(len(parts))] if stacks else list(parts)
    concat = in_place_of(node, "Concat", tall, list(node.output))
    concat.attribute.add(name="axis", type=2, i=axis)
    return [*(_each(node, "Unsqueeze", axis, parts, tall) if stacks else []), concat]


def _each(node: Any, kind: str, axis: int, given: Any, results: Any) -> list[Any]:
    """One node for each tensor that is squeezed or unsqueezed at ``axis``."""
    axes = f"{node.output[0]} axes"
    pairs = zip(given, results, strict=True)
    return [_numbers(axes, [axis]), *(in_place_of(node, kind, [old, axes], [new]) for old, new in pairs)]


def _numbers(name: str, values: list[int]) -> Any:
    from onnx import helper

    return helper.make_node("Constant", [], [name], value_ints=values)
