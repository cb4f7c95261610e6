"""Norms that ONNX Runtime fuses the addition before them into, written as both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnprof.trace.onnx.places import in_place_of

# ``input, skip, scales ..., bias``: the norm, and the place of the bias that is added as well.
SKIPPING: Mapping[str, tuple[str, int]] = {
    "SkipLayerNormalization": ("LayerNormalization", 4),
    "SkipSimplifiedLayerNormalization": ("SimplifiedLayerNormalization", 3),
}
SUM = 3  # the place of the result that is the sum; those before it are the norm's statistics


def summed_and_normed(node: Any) -> list[Any]:
    """The additions, then the norm of what they wrote."""
    kind, bias = SKIPPING[node.op_type]
    source, *others = (node.input[place] for place in (0, 1, bias) if any(node.input[place : place + 1]))
    total = next(iter(node.output[SUM:]), "") or f"{node.output[0]} before {kind}"
    names = [f"{total} and bias", total][-len(others) :]
    nodes = []
    for other, name in zip(others, names, strict=True):
        nodes.append(in_place_of(node, "Add", [source, other], [name]))
        source = name
    return [*nodes, in_place_of(node, kind, [source, *node.input[2:bias]], node.output[:1])]
