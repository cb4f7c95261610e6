"""From an ONNX file to a network that OpenVINO has compiled, or the op that it cannot take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnprof.errors import ModelError
from cnnprof.runtimes.registry import INSTEAD, Settings

if TYPE_CHECKING:
    from cnnprof.runtimes.onnx.export import OnnxNode

# That of int8 is for what is left in float.
HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "f32"}
DEVICES = {"cpu": "CPU", "gpu": "GPU"}


def read_network(core: Any, path: Path, nodes: Sequence[OnnxNode], settings: Settings) -> Any:
    """The file's network at the shapes that were asked for; ModelError names what OpenVINO cannot read."""
    try:
        network = core.read_model(path)
        if any(network.input(place).partial_shape.is_dynamic for place in range(len(network.inputs))):
            network.reshape(dict(enumerate(map(list, settings.shapes))))
    except Exception as error:  # some of its errors share no class but this
        raise _refused("read", error, nodes) from error
    have = [tuple(each.shape) for each in network.inputs]
    if have != list(settings.shapes):
        raise ModelError(
            f"the network's inputs are {_shapes(have)}, not {_shapes(settings.shapes)}",
            "--input and --batch must be those that the file was exported with",
        )
    return network


def compile_network(
    core: Any,
    network: Any,
    settings: Settings,
    nodes: Sequence[OnnxNode],
    extra: Mapping[str, object] | None = None,
) -> Any:
    """The network ready to run; ``extra`` is told besides. ModelError names the op that OpenVINO fails at."""
    try:
        return core.compile_model(
            network, DEVICES[settings.device], {**config_of(core, settings), **(extra or {})}
        )
    except Exception as error:  # some of its errors share no class but this
        raise _refused("compile", error, nodes) from error


def config_of(core: Any, settings: Settings) -> dict[str, object]:
    """What OpenVINO is told; what a device does not know is left out."""
    device = DEVICES[settings.device]
    wanted = {
        "INFERENCE_PRECISION_HINT": HINTS[settings.dtype],
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": settings.threads,
        "CPU_DENORMALS_OPTIMIZATION": True,  # flushed, as in eager: they cost up to a hundred times a normal number
    }
    known = core.get_property(device, "SUPPORTED_PROPERTIES")
    return {name: value for name, value in wanted.items() if name in known}


def _refused(verb: str, error: Exception, nodes: Sequence[OnnxNode]) -> ModelError:
    """The op that OpenVINO has no rule for or fails at, and its layer; else the first line that says something."""
    text = str(error)
    missing = re.search(r"(?:rule found for|support the following ONNX) operations: ([\w.]+)", text)
    if missing:
        layer = next((node for node in nodes if node.type == missing[1]), None)
        return ModelError(f"OpenVINO has no op for {missing[1]}{_where(layer)}", INSTEAD)
    failed = re.search(r"<Node\((\w+)\): ([^>]*)>", text)
    if failed:
        layer = next((node for node in nodes if failed[2] in (node.name, *node.outputs)), None)
        return ModelError(f"OpenVINO cannot convert {failed[1]}{_where(layer)}", INSTEAD)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = next(
        (line for line in lines if not line.startswith(("Exception from", "Check '"))), "no reason given"
    )
    return ModelError(f"OpenVINO cannot {verb} the network: {reason[:200]}", INSTEAD)


def _where(node: OnnxNode | None) -> str:
    return f" (layer {node.paths[0]})" if node and any(node.paths[:1]) else ""


def _shapes(shapes: Sequence[Sequence[int]]) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in shapes)
