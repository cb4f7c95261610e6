"""What an ONNX file is computed in, by the types of its weights and the conversions to int8 around its ops.

Its inputs do not tell: a float16 file may keep those in float32, and a quantised one nearly always does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnprof.runtimes.installed import import_package

HEAVY = ("Conv", "ConvTranspose", "Gemm", "MatMul")
INTEGER = ("QLinearConv", "ConvInteger", "QLinearMatMul", "MatMulInteger", "QGemm")
MOVES = ("Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
NAMES = {"FLOAT": "float32", "FLOAT16": "float16", "BFLOAT16": "bfloat16", "DOUBLE": "float64"}


def precisions_of(path: Path) -> Counter[str]:
    """How many convolutions and matrix products there are in each dtype. The file is one that a runtime has loaded."""
    onnx = import_package("onnx", "pip install 'cnnprof[onnx]'")
    graph = onnx.load(os.fspath(path), load_external_data=False).graph
    values = Values(
        {tensor.name: tensor.data_type for tensor in graph.initializer},
        {name: node for node in graph.node for name in node.output},
    )
    found = Counter(_precision(node, values, onnx.TensorProto.DataType.Name) for node in graph.node)
    del found[""]
    return found


def another_precision(found: Counter[str], dtype: str) -> str:
    """What there is to say where some of the layers are in another dtype."""
    other = found.total() - found[dtype]
    tally = ", ".join(f"{count} {name}" for name, count in found.most_common())
    return (
        f"{other} of {found.total()} layers are in another precision than {dtype}: {tally}" if other else ""
    )


@dataclass(frozen=True, slots=True)
class Values:
    """The types of a file's weights, and the node that makes each of its other values."""

    weights: Mapping[str, int]
    makers: Mapping[str, Any]

    def maker(self, name: str) -> Any:
        """The node that a value comes from, before it was merely moved; None for a weight or an input."""
        node = self.makers.get(name)
        while node is not None and node.op_type in MOVES:
            name = node.input[0]
            node = self.makers.get(name)
        return node

    def type(self, name: str) -> int:
        """The type of a weight, also of one that is moved or converted before it is used; 0 for all else."""
        while name not in self.weights:
            node = self.makers.get(name)
            if node is None:
                return 0
            if node.op_type in ("Cast", "Constant"):
                return _told_type(node)
            if node.op_type not in (*MOVES, "DequantizeLinear"):
                return 0
            name = node.input[1 if node.op_type == "DequantizeLinear" else 0]  # as its scale is
        return self.weights[name]


def _told_type(node: Any) -> int:
    told = {attribute.name: attribute for attribute in node.attribute}
    return int(told["to"].i if "to" in told else told["value"].t.data_type if "value" in told else 0)


def _precision(node: Any, values: Values, name_of: Any) -> str:
    """Nothing for light ops, and for products of two activations: these have no weights."""
    if node.op_type in INTEGER:
        return "int8"
    if node.op_type not in HEAVY:
        return ""
    makers = [values.maker(name) for name in node.input[:2]]
    if all(maker is not None and maker.op_type == "DequantizeLinear" for maker in makers):
        return "int8"  # with weights alone in int8, it is computed in what they are converted to
    return NAMES.get(name_of(values.type(node.input[1])), "")
