"""What a compiled OpenVINO network says of itself: its options, and the precision that it computes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnprof.runtimes.openvino.layers import by_name, executed_layers, origins

if TYPE_CHECKING:
    from cnnprof.runtimes.onnx.export import OnnxNode

# Properties of a compiled network that change its speed or its numbers, read back from it rather than from what it
# was told: OpenVINO rounds, caps and ignores.
RECORDED = (
    "INFERENCE_PRECISION_HINT",
    "PERFORMANCE_HINT",
    "EXECUTION_MODE_HINT",
    "NUM_STREAMS",
    "INFERENCE_NUM_THREADS",
    "EXECUTION_DEVICES",
    "ENABLE_CPU_PINNING",
    "ENABLE_HYPER_THREADING",
    "SCHEDULING_CORE_TYPE",
    "CPU_DENORMALS_OPTIMIZATION",
)
# Layers that hold nearly all the arithmetic, by OpenVINO's names; the rest may change type at the borders.
HEAVY = (
    "Convolution",
    "GroupConvolution",
    "Deconvolution",
    "FullyConnected",
    "MatMul",
    "FullyConnectedQuantizedLegacy",
)
PRECISIONS = {"float32": ("f32",), "bfloat16": ("bf16",), "float16": ("f16",), "int8": ("i8", "u8")}
FLOATS = ("_f32", "_bf16", "_f16")  # how names of kernels end
MOVES = (
    "Input",
    "Output",
    "Const",
    "Reorder",
    "Reshape",
    "Transpose",
    "Concat",
    "Split",
    "StridedSlice",
    "Convert",
)


def options_of(compiled: Any) -> dict[str, str]:
    """The recorded properties that this device has, as the compiled network says them."""
    known = compiled.get_property("SUPPORTED_PROPERTIES")
    return {name.lower(): _plain(compiled.get_property(name)) for name in RECORDED if name in known}


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    text = getattr(value, "get_type_name", None)  # element types say <Type: 'float32'>
    return str(text() if text else value).rpartition(".")[2]  # enumerations say ExecutionMode.PERFORMANCE


@dataclass(frozen=True, slots=True)
class Precision:
    """What a compiled network computes in, and what there is to say of it."""

    options: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def describe_precision(compiled: Any, dtype: str, nodes: Sequence[OnnxNode]) -> Precision:
    """Which precision the convolutions and matrix products are in, by the layers that OpenVINO will run."""
    layers = [info for _, info in executed_layers(compiled)]
    heavy = Counter(info["runtimePrecision"] for info in layers if info["layerType"] in HEAVY)
    options = {"computes_in": _tally(heavy)}
    if dtype == "int8":
        options["int8"] = "speed only"
        options["left_in_float"] = _left_in_float(layers, by_name(nodes))
    other = sum(count for precision, count in heavy.items() if precision not in PRECISIONS[dtype])
    if not other:
        return Precision(options)
    return Precision(
        options,
        (f"{other} of {heavy.total()} layers compute in another precision than {dtype}: {_tally(heavy)}",),
    )


def _left_in_float(layers: Sequence[Mapping[str, str]], known: Mapping[str, OnnxNode]) -> str:
    """Ops by their ONNX types; conversions from and to int8, and what only moves its input, do not count."""
    left = [
        info for info in layers if info["primitiveType"].endswith(FLOATS) and info["layerType"] not in MOVES
    ]
    return _tally(Counter(node.type for info in left for node in origins(info, known))) or "nothing"


def _tally(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
