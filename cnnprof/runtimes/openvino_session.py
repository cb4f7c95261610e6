"""A compiled OpenVINO network: timed, asked for its output, and its counters read layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.registry import RuntimeLayer, Settings
from cnnprof.runtimes.tensors import random_inputs

if TYPE_CHECKING:
    from cnnprof.runtimes.export import OnnxNode

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
WARM_PASSES = 2  # of a network that has just been compiled
PASSES = 4  # that one counting network serves; a counter is then wrong by (2 + 4) / 4 microseconds at most


class OpenVinoSession:
    """One infer request with its inputs set once. ``count`` compiles the network again, with counters."""

    def __init__(
        self,
        compiled: Any,
        settings: Settings,
        preparation: Preparation,
        nodes: Sequence[OnnxNode],
        count: Callable[[], Any],
    ) -> None:
        self.preparation = preparation
        self._settings = settings
        self._nodes = nodes
        self._count = count
        self._request = _request(compiled, settings)

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes; the output stays in OpenVINO's own memory."""
        request, seconds = self._request, []
        for _ in range(calls):
            start = perf_counter()
            request.infer(share_outputs=True)
            seconds.append(perf_counter() - start)
        return seconds

    def outputs(self) -> list[Tensor]:
        """The outputs of one forward pass, in float32."""
        self._request.infer()
        return [torch.from_numpy(each.data.copy()).float() for each in self._request.output_tensors]

    def profile(self, calls: int) -> tuple[list[RuntimeLayer], list[float]]:
        """OpenVINO's counters, from networks that are compiled again to count.

        A counter is the mean of all passes so far in whole microseconds, which hides a single pass ever better. So a
        counting network serves a few passes only; these share their mean, as do their wall times.
        """
        groups = [min(PASSES, calls - done) for done in range(0, calls, PASSES)]
        counts, walls = [], []
        for passes in groups:
            compiled = self._count()
            seconds, wall = _count_passes(_request(compiled, self._settings), passes)
            counts += [seconds] * passes
            walls += [wall] * passes
        return self._rows(compiled, counts) if groups else [], walls

    def _rows(self, compiled: Any, counts: Sequence[Mapping[str, float]]) -> list[RuntimeLayer]:
        """The layers in the order they ran, without those that never took a microsecond."""
        known = _by_name(self._nodes)
        rows = [
            _layer(name, info, [each.get(name, 0.0) for each in counts], known)
            for name, info in _executed(compiled)
        ]
        return [row for row in rows if any(row.seconds)]


def _request(compiled: Any, settings: Settings) -> Any:
    from openvino import Tensor as OpenVinoTensor

    request = compiled.create_infer_request()
    for place, values in enumerate(random_inputs(settings)):
        kind = compiled.input(place).element_type.to_dtype()
        request.set_input_tensor(place, OpenVinoTensor(values.numpy().astype(kind)))
    return request


def _count_passes(request: Any, passes: int) -> tuple[dict[str, float], float]:
    """Seconds of each layer and of the whole, means over ``passes`` after the first ones."""
    for _ in range(WARM_PASSES):
        request.infer(share_outputs=True)
    before = _counters(request)
    start = perf_counter()
    for _ in range(passes):
        request.infer(share_outputs=True)
    wall = (perf_counter() - start) / passes
    after = _counters(request)
    whole = WARM_PASSES + passes
    means = {
        name: (whole * mean - WARM_PASSES * before.get(name, 0.0)) / passes for name, mean in after.items()
    }
    return {name: max(mean, 0.0) for name, mean in means.items()}, wall


def _counters(request: Any) -> dict[str, float]:
    return {row.node_name: row.real_time.total_seconds() for row in request.profiling_info}


def _executed(compiled: Any) -> list[tuple[str, dict[str, str]]]:
    """The layers as OpenVINO runs them, with what it says of each."""
    return [
        (op.get_friendly_name(), {name: str(value.value) for name, value in op.get_rt_info().items()})
        for op in compiled.get_runtime_model().get_ordered_ops()
    ]


def _layer(
    name: str, info: Mapping[str, str], seconds: Sequence[float], known: Mapping[str, OnnxNode]
) -> RuntimeLayer:
    """A row of the counters with the ONNX nodes that OpenVINO says were fused into it."""
    found = _origins(info, known)
    paths = dict.fromkeys(path for node in found for path in node.paths)
    types = tuple(node.type for node in found) or (info["layerType"],)
    return RuntimeLayer(name, tuple(paths), types, tuple(seconds))


def _origins(info: Mapping[str, str], known: Mapping[str, OnnxNode]) -> list[OnnxNode]:
    found = [known[part] for part in _parts(info["originalLayersNames"].split(",")) if part in known]
    return list({node.name: node for node in found}.values())


def _by_name(nodes: Sequence[OnnxNode]) -> dict[str, OnnxNode]:
    by_output = {output: node for node in nodes for output in node.outputs}
    return by_output | {node.name: node for node in nodes}


def _parts(origins: Iterable[str]) -> Iterator[str]:
    """``node_Conv_811/WithoutBiases`` is a part of ``node_Conv_811``."""
    for origin in origins:
        yield origin if "/" not in origin else origin.rpartition("/")[0]
        yield origin


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
    layers = [info for _, info in _executed(compiled)]
    heavy = Counter(info["runtimePrecision"] for info in layers if info["layerType"] in HEAVY)
    options = {"computes_in": _tally(heavy)}
    if dtype == "int8":
        options["int8"] = "speed only"
        options["left_in_float"] = _left_in_float(layers, _by_name(nodes))
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
    origins = [_origins(info, known) for info in left]
    return _tally(Counter(node.type for found in origins for node in found)) or "nothing"


def _tally(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
