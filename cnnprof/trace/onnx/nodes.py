"""What an ONNX node says of itself: its attributes, and which inputs it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnnprof.trace.onnx.inference import Known

Attributes = dict[str, object]
Shape = tuple[int, ...]


def attribute(node: Any, name: str, default: Any = None) -> Any:
    """An attribute's value, text as ``str``."""
    from onnx import helper

    for found in node.attribute:
        if found.name == name:
            value = helper.get_attribute_value(found)
            return value.decode(errors="replace") if isinstance(value, bytes) else value
    return default


def graphs_in(node: Any) -> Iterator[Any]:
    """The graphs that a node holds: branches, bodies of loops."""
    for found in node.attribute:
        if found.HasField("g"):
            yield found.g
        yield from found.graphs


def shape_of(inputs: Sequence[Known | None], index: int) -> Shape:
    """Of an input; empty where it is left out."""
    value = inputs[index] if index < len(inputs) else None
    return value.shape if value is not None else ()


def is_given(inputs: Sequence[Known | None], index: int) -> bool:
    """Whether an input is there: the last may be missing, others left out."""
    return index < len(inputs) and inputs[index] is not None
