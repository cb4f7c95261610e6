"""OpenVINO, on the CPU or on the GPU where it finds one.

The network comes as an ONNX file, the one that ONNX Runtime runs. OpenVINO can read torch's own graphs as well; that
gave the same speed and the same output, but named the convolutions ``Multiply_11993``, since it folds batch norm only
when it compiles. Every precision is asked for by name: left alone, OpenVINO computes in bfloat16 where the CPU has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cnnprof.errors import FileError, MissingRuntimeError
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.installed import import_package
from cnnprof.runtimes.openvino.compile import DEVICES, compile_network, read_network
from cnnprof.runtimes.openvino.precision import describe_precision, options_of
from cnnprof.runtimes.openvino.session import OpenVinoSession, inputs_of
from cnnprof.runtimes.registry import Session, Settings

if TYPE_CHECKING:
    from torch import nn

    from cnnprof.runtimes.onnx.export import Exported, OnnxNode

INSTALL = "pip install 'cnnprof[openvino]'"
CAPABILITIES = {"float32": "FP32", "bfloat16": "BF16", "float16": "FP16", "int8": "INT8"}


class OpenVinoRuntime:
    """OpenVINO with one stream and its latency hint."""

    dtypes = ("float32", "bfloat16", "float16", "int8")

    def resolve_device(self, device: str) -> str:
        """``auto`` is the GPU where OpenVINO lists one, or the CPU."""
        found = _listed(load_openvino().Core())
        if device == "auto":
            return "gpu" if "gpu" in found else "cpu"
        if device not in found:
            raise MissingRuntimeError(
                f"device {device} is not available: OpenVINO {_version()} finds {' and '.join(found) or 'none'}",
                "use --device cpu; a GPU that OpenVINO can drive is taken by --device auto",
            )
        return device

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Export to ONNX in float32, quantise where int8 is asked for, and compile."""
        from cnnprof.runtimes.onnx.export import export_onnx

        core = load_openvino().Core()
        _check_capability(core, settings)
        exported = export_onnx(model.eval().float().cpu(), replace(settings, dtype="float32"))
        source = _quantised(exported, settings) if settings.dtype == "int8" else exported
        return _prepare(core, source, source.nodes(), settings)

    def prepare_file(self, path: Path, settings: Settings) -> Session:
        """Compile the user's own ONNX file at the shapes that were asked for; of its nodes nothing is known."""
        from cnnprof.runtimes.onnx.export import Exported

        core = load_openvino().Core()
        _check_capability(core, settings)
        try:
            path.open("rb").close()
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror}") from error
        return _prepare(core, Exported(path, {}, cached=False, seconds=0.0), (), settings)

    def versions(self) -> dict[str, str]:
        """OpenVINO's version, with the build."""
        return {"openvino": _version()}


def load_openvino() -> Any:
    """The package, imported without its telemetry.

    Importing it creates ``~/intel`` and sends the fact of the import to an analytics service, unless the separate
    package openvino-telemetry is absent. So it is absent while OpenVINO is imported.
    """
    with _absent("openvino_telemetry"):
        return import_package("openvino", INSTALL)


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """Inside, ``import name`` raises ImportError; afterwards all is as it was."""
    missing = object()
    before: Any = sys.modules.get(name, missing)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if before is not missing:
            sys.modules[name] = before


def _version() -> str:
    return str(load_openvino().__version__)


def _listed(core: Any) -> list[str]:
    here = {name.partition(".")[0] for name in core.available_devices}
    return [ours for ours, theirs in DEVICES.items() if theirs in here]


def _check_capability(core: Any, settings: Settings) -> None:
    """Refuse what OpenVINO would compute in another precision without a word."""
    device = DEVICES[settings.device]
    offered = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
    if CAPABILITIES[settings.dtype] not in offered:
        has = [dtype for dtype, capability in CAPABILITIES.items() if capability in offered]
        raise MissingRuntimeError(
            f"OpenVINO has no {settings.dtype} on this {device}: it would compute in another precision",
            f"--dtype {' or '.join(has)}",
        )


def _quantised(exported: Exported, settings: Settings) -> Exported:
    """The network in int8, with what exporting it took and told."""
    from cnnprof.runtimes.onnxruntime.quantise import quantise_onnx

    made = quantise_onnx(exported, settings)
    return replace(
        made, seconds=exported.seconds + made.seconds, warnings=(*exported.warnings, *made.warnings)
    )


def _prepare(core: Any, source: Exported, nodes: Sequence[OnnxNode], settings: Settings) -> Session:
    start = perf_counter()
    network = read_network(core, source.path, nodes, settings)
    compiled = compile_network(core, network, settings, nodes)
    seconds = source.seconds + perf_counter() - start
    found = describe_precision(compiled, settings.dtype, nodes)
    inputs, made_up = inputs_of(compiled, settings)
    preparation = Preparation(
        convert_s=seconds,
        cached=source.cached,
        options={"openvino": _version(), **options_of(compiled), **found.options},
        warnings=(*source.warnings, *made_up, *found.warnings, *_ignored(compiled, settings)),
    )
    return OpenVinoSession(compiled, inputs, preparation, nodes, _counting(core, network, settings, nodes))


def _counting(core: Any, network: Any, settings: Settings, nodes: Sequence[OnnxNode]) -> Callable[[], Any]:
    """The same network with performance counters, which cost time: compiled when a profile is asked for."""
    return lambda: compile_network(core, network, settings, nodes, {"PERF_COUNT": True})


def _ignored(compiled: Any, settings: Settings) -> list[str]:
    """What was asked for and has no effect here."""
    found = []
    if settings.channels_last:
        found.append(
            "channels_last changes nothing: OpenVINO chooses the memory layout of every layer itself"
        )
    threads = options_of(compiled).get("inference_num_threads", str(settings.threads))
    if threads != str(settings.threads):
        found.append(f"OpenVINO runs on {threads} threads, not {settings.threads}: it found no more cores")
    return found


RUNTIME = OpenVinoRuntime()
