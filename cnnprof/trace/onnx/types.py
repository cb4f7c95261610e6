"""What flows between ONNX nodes, and the names of its element types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from cnnprof.records.graph import ITEM_BYTES

# TensorProto.DataType -> the name that records use. Numbers are part of the format (onnx.proto).
DTYPES: Mapping[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
}  # fmt: skip
NUMBERS: Mapping[str, int] = {name: number for number, name in DTYPES.items()}
ITEM_SIZES: Mapping[int, int] = {
    number: ITEM_BYTES[name] for number, name in DTYPES.items() if name in ITEM_BYTES
}
FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})

Weight = tuple[str, tuple[int, ...], str]  # its name, shape and dtype


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor that is known before the network runs: stored in the file, or computed from nothing else.

    ``weights`` are the stored tensors (name, shape, dtype) that it comes from; ``data`` is its value as a numpy array
    where it is small enough to decide shapes. ``literal`` ones are written into the graph, not stored as a weight.
    ``dequantised`` ones were integers, which a scale made numbers: a bias may be stored in 32 bits.
    """

    shape: tuple[int, ...]
    dtype: str
    weights: tuple[Weight, ...] = ()
    data: Any = None
    literal: bool = False
    dequantised: bool = False

    @property
    def elements(self) -> int:
        """Number of scalars."""
        return prod(self.shape)
