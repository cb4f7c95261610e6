"""A compiled OpenVINO network: timed, asked for its output, and its counters read layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.clock import seconds_of
from cnnprof.runtimes.onnx.inputs import file_inputs
from cnnprof.runtimes.openvino.layers import by_name, executed_layers, origins
from cnnprof.runtimes.registry import Settings

if TYPE_CHECKING:
    from cnnprof.runtimes.onnx.export import OnnxNode

WARM_PASSES = 2  # of a network that has just been compiled
PASSES = 4  # that one counting network serves; a counter is then wrong by (2 + 4) / 4 microseconds at most
MATMUL = "FullyConnected"  # made of a MatMul, of whose name only that of the addition behind it is left
# OpenVINO's names of the types of inputs.
TYPES = {
    "boolean": "bool",
    **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"i{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"u{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}


class OpenVinoSession:
    """One infer request with its inputs set once. ``count`` compiles the network again, with counters."""

    def __init__(
        self,
        compiled: Any,
        inputs: Sequence[Any],
        preparation: Preparation,
        nodes: Sequence[OnnxNode],
        count: Callable[[], Any],
    ) -> None:
        self.preparation = preparation
        self._inputs = inputs
        self._nodes = nodes
        self._count = count
        self._request = _request(compiled, inputs)

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes; the output stays in OpenVINO's own memory."""
        return seconds_of(partial(self._request.infer, share_outputs=True), calls)

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
            seconds, wall = _count_passes(_request(compiled, self._inputs), passes)
            counts += [seconds] * passes
            walls += [wall] * passes
        return self._rows(compiled, counts) if groups else [], walls

    def _rows(self, compiled: Any, counts: Sequence[Mapping[str, float]]) -> list[RuntimeLayer]:
        """The layers in the order they ran, without those that never took a microsecond."""
        known = by_name(self._nodes)
        rows = [
            _layer(name, info, [each.get(name, 0.0) for each in counts], known)
            for name, info in executed_layers(compiled)
        ]
        return [row for row in rows if any(row.seconds)]


def inputs_of(compiled: Any, settings: Settings) -> tuple[list[Any], tuple[str, ...]]:
    """An array for each input, in the type that the network takes, and a warning where values are made up."""
    types = [(each.any_name, each.element_type.get_type_name()) for each in compiled.inputs]
    return file_inputs(settings, [(name, TYPES.get(kind, kind)) for name, kind in types])


def _request(compiled: Any, inputs: Sequence[Any]) -> Any:
    from openvino import Tensor as OpenVinoTensor

    request = compiled.create_infer_request()
    for place, values in enumerate(inputs):
        request.set_input_tensor(place, OpenVinoTensor(values))
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


def _layer(
    name: str, info: Mapping[str, str], seconds: Sequence[float], known: Mapping[str, OnnxNode]
) -> RuntimeLayer:
    """A row of the counters, with the ONNX nodes that were fused into it; by its type where OpenVINO names none."""
    found, kind = origins(info, known), info["layerType"]
    paths = dict.fromkeys(path for node in found for path in node.paths)
    types = [node.type for node in found]
    if not found or kind == MATMUL:
        types.append(kind)
    return RuntimeLayer(name if found else kind, tuple(paths), tuple(types), tuple(seconds))
