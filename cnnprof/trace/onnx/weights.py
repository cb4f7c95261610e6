"""Which of the numbers that an ONNX file stores are weights: the format does not tell them from other constants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from cnnprof.records.graph import Parameter
from cnnprof.trace.onnx.inference import EIGHT_BITS, Known
from cnnprof.trace.onnx.kinds import SETTINGS, STATISTICS, WEIGHTS
from cnnprof.trace.onnx.types import FLOATS, Constant, Weight

# Weights, where they are read as floats.
QUANTISED = frozenset({"int4", "uint4", "int8", "uint8", "int16", "uint16"})
# What is computed on 8 bits as it is on floats: there a weight is one in either.
ON_INTEGERS = frozenset({"Add", "Mul", "Where", "Concat"})


def sources(node: Any, inputs: Sequence[Constant | None], dtype: str) -> tuple[Weight, ...]:
    """The weights that a folded node's value comes from. A number that scales or reshapes one is no weight of its own,
    nor are the scales of a quantised one. Rounded to ``dtype``, they are held so once deployed.
    """
    quantising = node.op_type in ("QuantizeLinear", "DequantizeLinear")
    values = inputs[:1] if quantising else inputs
    found = dict.fromkeys(weight for value in values if value for weight in value.weights)
    weights = tuple(weight for weight in found if weight[2] != "int64")  # those are sizes and indices
    weights = tuple(weight for weight in weights if prod(weight[1]) > 1) or weights[:1]
    rounded = node.op_type == "QuantizeLinear"
    return tuple((name, shape, dtype) for name, shape, _ in weights) if rounded else weights


def parameters_of(node: Any, inputs: Sequence[Known | None]) -> Iterator[Parameter]:
    """The weights that a node reads. Numbers that only set it up (indices, bounds, scales) are none, and a single
    number is one only where a weight belongs: the bias of one channel. Nor is the 0 that exporters expand to
    the bias of a layer without one.
    """
    weights, statistics = WEIGHTS.get(node.op_type, ()), STATISTICS.get(node.op_type, ())
    settings = SETTINGS.get(node.op_type, ())
    for index, value in enumerate(inputs):
        if not isinstance(value, Constant) or index in settings:
            continue
        for name, shape, dtype in value.weights:
            if index not in weights and (not _is_number(node, value, dtype) or prod(shape) == 1):
                continue
            filled = shape == () and value.elements > 1
            learnt = index in weights or (index not in statistics and not value.literal)
            yield Parameter(name, shape, dtype, learnt and not filled)


def _is_number(node: Any, value: Constant, dtype: str) -> bool:
    """Whether what is stored in this dtype is read to compute with, as no index is."""
    if value.dtype in EIGHT_BITS and node.op_type in ON_INTEGERS:
        return dtype in QUANTISED or dtype in FLOATS
    return dtype in FLOATS or (value.dtype in FLOATS and (dtype in QUANTISED or value.dequantised))
