"""ONNX Runtime: the exported graph on its CPU or CUDA provider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.installed import installed_version
from cnnprof.runtimes.onnx.export import export_onnx
from cnnprof.runtimes.onnx.inputs import REAL, file_inputs
from cnnprof.runtimes.onnx.precision import another_precision, precisions_of
from cnnprof.runtimes.onnxruntime.session import (
    PROVIDER_OPTIONS,
    PROVIDERS,
    OnnxFile,
    OnnxRuntimeSession,
    import_onnxruntime,
)
from cnnprof.runtimes.registry import Session, Settings

TYPES = {"tensor(float)": "float32", "tensor(double)": "float64"}  # all others go by numpy's names

HALF = "ONNX Runtime has no float16 convolution on a CPU: it computes in float32, with conversions around each op"


class OnnxRuntime:
    """ONNX Runtime.

    Its CPU provider has no float16 or bfloat16 convolution: it runs float16 in float32 with a conversion around every
    op, and refuses bfloat16. So the CPU is offered neither; a file that is in float16 is run all the same.
    """

    dtypes = ("float32", "float16", "int8")
    dtypes_on = {"cpu": ("float32", "int8"), "cuda": ("float32", "float16")}  # noqa: RUF012 (a constant)

    def resolve_device(self, device: str) -> str:
        """``auto`` is CUDA where the installed build has it and torch finds a device for it, else the CPU."""
        offered = import_onnxruntime().get_available_providers()
        if device == "auto":
            return "cuda" if PROVIDERS["cuda"] in offered and torch.cuda.is_available() else "cpu"
        if device not in PROVIDERS:
            raise MissingRuntimeError(
                f"onnxruntime does not run on {device} here", "use --device cpu or cuda"
            )
        if PROVIDERS[device] not in offered:
            raise MissingRuntimeError(
                f"device {device} is not available: the installed onnxruntime has no {PROVIDERS[device]}",
                "use --device cpu, or pip install onnxruntime-gpu in place of onnxruntime",
            )
        return device

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Export, quantise for int8, and load; the module itself is no longer needed."""
        import_onnxruntime()
        exported = export_onnx(model, settings)
        start = perf_counter()
        source, notes = exported, exported.warnings
        if settings.dtype == "int8":
            from cnnprof.runtimes.onnxruntime.quantise import quantise_onnx

            source = quantise_onnx(exported, settings)
            notes = (*notes, *source.warnings)
        file = OnnxFile(source.path, settings, tuple(source.nodes()))
        return self._load(file, exported.seconds, start, source.cached, notes)

    def prepare_file(self, path: Path, settings: Settings) -> Session:
        """A model that is given as an ONNX file; it runs in the dtype that it was exported in."""
        session = self._load(OnnxFile(path, settings), 0.0, perf_counter(), False, ())
        found = session.preparation
        told = _precision(path, settings)  # read once ONNX Runtime has found the file sound
        session.preparation = replace(found, warnings=(*told, *found.warnings))
        return session

    def versions(self) -> dict[str, str]:
        """Versions of ONNX Runtime and of what exports to it."""
        packages = ("onnxruntime", "onnxruntime-gpu", "onnx", "onnxscript", "torch")
        return {package: found for package in packages if (found := installed_version(package))}

    def _load(
        self, file: OnnxFile, before_s: float, start: float, cached: bool, notes: tuple[str, ...]
    ) -> OnnxRuntimeSession:
        session = file.open()
        inputs, warnings = _inputs(session, file.settings)
        preparation = Preparation(
            convert_s=before_s + perf_counter() - start,
            cached=cached,
            options=self.versions() | _recorded(session, file.settings) | _int8(file),
            warnings=(*notes, *warnings, *_ignored(file.settings)),
        )
        return OnnxRuntimeSession(file, session, inputs, preparation)


def _precision(path: Path, settings: Settings) -> tuple[str, ...]:
    """What is to be said of the dtypes that a file's layers are in, which those of its inputs do not tell."""
    found = precisions_of(path)
    halved = settings.device == "cpu" and "float16" in (settings.dtype, *found)
    told = ". ".join(filter(None, (another_precision(found, settings.dtype), HALF if halved else "")))
    return (told,) if told else ()


def _int8(file: OnnxFile) -> dict[str, str]:
    """Which ops of a network that was quantised here stay in float."""
    if file.settings.dtype != "int8" or not file.nodes:
        return {}
    from cnnprof.runtimes.onnxruntime.quantise import describe_int8

    return describe_int8(file.path)


def _recorded(session: Any, settings: Settings) -> dict[str, str]:
    return {
        "provider": session.get_providers()[0],
        "threads": str(settings.threads),
        "intra_op.allow_spinning": "1" if settings.spinning else "0",
        "graph_optimization_level": "all",
        "execution_mode": "sequential",
        "set_denormal_as_zero": "1",
        "call": "io_binding" if settings.device == "cuda" else "run",
        **PROVIDER_OPTIONS[settings.device],
    }


def _ignored(settings: Settings) -> tuple[str, ...]:
    return (
        "ONNX Runtime chooses memory layouts itself: channels_last changes nothing",
    ) * settings.channels_last


def _inputs(session: Any, settings: Settings) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The random inputs under the graph's names and in its types; warnings where those are not what was asked for."""
    wanted = [(given.name, TYPES.get(given.type, _plain(given.type))) for given in session.get_inputs()]
    if len(wanted) != len(settings.shapes):
        raise ModelError(
            f"it takes {len(wanted)} input(s), not {len(settings.shapes)}", "repeat --input for each"
        )
    arrays, made_up = file_inputs(settings, wanted)
    asked = "float32" if settings.dtype == "int8" else settings.dtype
    others = sorted({kind for _, kind in wanted if kind in REAL} - {asked})
    told = (f"the file takes its input in {dtype}, not in {settings.dtype}" for dtype in others)
    return dict(zip((name for name, _ in wanted), arrays, strict=True)), (*told, *made_up)


def _plain(kind: str) -> str:
    """``tensor(int64)`` is an int64."""
    return kind.removeprefix("tensor(").removesuffix(")")


RUNTIME = OnnxRuntime()
