"""ncnn's layers one by one: how long each takes, and which modules it computes.

An extractor keeps what it has computed, so that taking out the blobs in the order of the layers computes one layer at
a time. What a layer has read is let go as in any forward pass; nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cnnprof.errors import ModelError

if TYPE_CHECKING:
    from cnnprof.runtimes.ncnn.pnnx import TracedCall

CONVOLUTIONS = ("Convolution", "ConvolutionDepthWise", "Deconvolution", "DeconvolutionDepthWise")
WEIGHTED = (*CONVOLUTIONS, "InnerProduct")
HEAVY = (*WEIGHTED, "Gemm", "MatMul", "MultiHeadAttention", "SDPA")
ACTIVATIONS = {1: "ReLU", 2: "LeakyReLU", 3: "Clip", 4: "Sigmoid", 5: "Mish", 6: "HardSwish"}
# ncnn's layers and the trace's ops that become them, where one becomes one.
OPS = {
    "Pooling": ("adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d"),
    "BinaryOp": ("add", "sub", "mul", "div"),
    "Concat": ("cat", "stack"),
    "HardSigmoid": ("hardsigmoid",),
    "HardSwish": ("hardswish",),
    "ReLU": ("relu", "leaky_relu"),
    "Clip": ("relu6", "hardtanh", "clamp"),
    "Interp": ("upsample_bilinear2d", "upsample_nearest2d", "upsample_bicubic2d"),
    "LayerNorm": ("layer_norm",),
    "MatMul": ("matmul", "bmm"),
    "Sigmoid": ("sigmoid",),
    "ShuffleChannel": ("channel_shuffle", "transpose"),
    "Softmax": ("softmax",),
    "Swish": ("silu",),
    "GELU": ("gelu",),
}
# What a weighted layer can end with.
FUSED_OPS = frozenset({"relu", "relu6", "hardtanh", "clamp", "leaky_relu", "sigmoid", "mish", "hardswish"})
Named = tuple[str, tuple[str, ...], tuple[str, ...]]
NATIVE = 1  # takes a blob out as it is, neither unpacked nor converted


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the .param file: ncnn's type and name of a layer, channels it returns, the activation in it."""

    type: str
    name: str
    channels: int
    activation: str

    @classmethod
    def read(cls, line: str) -> Row:
        """``Convolution convrelu_0 1 1 in0 1 0=24 1=3 ... 9=1``: after the names of the blobs, key=value."""
        kind, name, bottoms, tops, *rest = line.split()
        values = dict(part.split("=", 1) for part in rest[int(bottoms) + int(tops) :])
        weighted = kind in WEIGHTED
        activation = ACTIVATIONS.get(int(values.get("9", 0)), "") if weighted else ""
        return cls(kind, name, int(values.get("0", 0)) if weighted else 0, activation)


def time_layers(net: Any, layers: Sequence[Any], inputs: Mapping[str, Any]) -> list[float]:
    """Seconds of each layer but the inputs, in one forward pass."""
    import ncnn

    blobs, workspace = ncnn.PoolAllocator(), ncnn.PoolAllocator()
    extractor = net.create_extractor()
    # With its own pool an extractor would copy every blob that is taken out.
    extractor.set_blob_allocator(blobs)
    extractor.set_workspace_allocator(workspace)
    for name, values in inputs.items():
        extractor.input(name, values)
    seconds = [_time_layer(extractor, layer) for layer in layers if layer.type != "Input"]
    extractor.clear()
    return seconds


def _time_layer(extractor: Any, layer: Any) -> float:
    start = perf_counter()
    code, _ = extractor.extract(layer.tops[-1], NATIVE)
    seconds = perf_counter() - start
    if code != 0:
        raise ModelError(f"ncnn fails to compute its layer {layer.name} (code {code})", "another --runtime")
    return seconds


def name_layers(param: str, calls: Sequence[TracedCall]) -> list[Named]:
    """Name, module paths and types of each layer but the inputs, in ncnn's order.

    pnnx keeps the order of the trace but not its names. Layers are matched with calls where there are as many of the
    one as of the other, and the channels agree; the others have no path. The network's own calls have the path ``""``.
    """
    rows = [Row.read(line) for line in param.splitlines()[2:] if line.strip()]
    weighted = _match_weighted(rows, calls)
    inside = {place for places in weighted.values() for place in places}
    left = [call for place, call in enumerate(calls) if place not in inside]
    paths = {row: _unique(calls[place] for place in places) for row, places in weighted.items()}
    for kind, ops in OPS.items():
        paths |= _match(rows, left, kind, ops)
    return [
        (row.name, paths.get(place, ()), (row.type, row.activation) if row.activation else (row.type,))
        for place, row in enumerate(rows)
        if row.type != "Input"
    ]


def _match_weighted(rows: Sequence[Row], calls: Sequence[TracedCall]) -> dict[int, list[int]]:
    """The places of the calls that each weighted layer computes."""
    mine = [place for place, row in enumerate(rows) if row.type in WEIGHTED]
    theirs = [place for place, call in enumerate(calls) if _channels(call)]
    if [rows[place].channels for place in mine] != [_channels(calls[place]) for place in theirs]:
        return {}
    return {place: _fused(rows[place], calls, first) for place, first in zip(mine, theirs, strict=True)}


def _channels(call: TracedCall) -> int:
    """Output channels of a convolution or linear layer, 0 for any other op."""
    if call.op in ("_convolution", "convolution", "conv2d", "conv_transpose2d"):
        return call.shape[1] if len(call.shape) > 1 else 0
    return call.shape[-1] if call.op in ("linear", "addmm") and call.shape else 0


def _fused(row: Row, calls: Sequence[TracedCall], first: int) -> list[int]:
    """The convolution, the batch norm behind it that pnnx folds into it, and its activation."""
    found = [first]
    behind = list(range(first + 1, min(first + 3, len(calls))))
    if behind and calls[behind[0]].op == "batch_norm":
        found.append(behind.pop(0))
    if row.activation and behind and calls[behind[0]].op.rstrip("_") in FUSED_OPS:
        found.append(behind[0])
    return found


def _unique(calls: Iterable[TracedCall]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call.path for call in calls))


def _match(
    rows: Sequence[Row], calls: Sequence[TracedCall], kind: str, ops: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    mine = [place for place, row in enumerate(rows) if row.type == kind]
    theirs = [call for call in calls if call.op.rstrip("_") in ops]
    if len(mine) != len(theirs):
        return {}
    return {place: (call.path,) for place, call in zip(mine, theirs, strict=True)}
