"""Ops of a module that exporters write as several nodes, as the ones that they are."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.graph import Op, Value
from cnnprof.trace.onnx.activations import activation
from cnnprof.trace.onnx.bounds import bounded, hard_sigmoid, leaky
from cnnprof.trace.onnx.joining import Finder, joined
from cnnprof.trace.onnx.norms import layer_norm

# Each finds what those before it have joined.
FINDERS: Sequence[Finder] = (bounded, hard_sigmoid, leaky, activation, layer_norm)


def merged(ops: Sequence[Op], returned: Sequence[Value]) -> Sequence[Op]:
    """The ops with each such pattern in one; not where others read what is in between."""
    for find in FINDERS:
        ops = joined(ops, returned, find)
    return ops
