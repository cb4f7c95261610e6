"""A graph that ONNX Runtime has loaded, and how its sessions are made."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError, first_line
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.clock import seconds_of
from cnnprof.runtimes.installed import import_package
from cnnprof.runtimes.onnx.export import OnnxNode
from cnnprof.runtimes.registry import Settings

INSTALL = "pip install 'cnnprof[onnx]'"
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# Left alone, its CUDA convolutions round float32 to the ten bits of TF32.
PROVIDER_OPTIONS: Mapping[str, Mapping[str, str]] = {"cpu": {}, "cuda": {"use_tf32": "0"}}


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """The file that runs, and how to make a session of it: for timing, and again with its counters switched on."""

    path: Path
    settings: Settings
    nodes: tuple[OnnxNode, ...] = ()

    def open(self, **attributes: object) -> Any:
        """A session of ONNX Runtime; ``attributes`` are set on its SessionOptions. ModelError where it cannot load."""
        onnxruntime = import_onnxruntime()
        options = session_options(onnxruntime, self.settings)
        for name, value in attributes.items():
            setattr(options, name, value)
        provider = PROVIDERS[self.settings.device]
        with errors_named("load"):
            session = onnxruntime.InferenceSession(
                os.fspath(self.path),
                options,
                providers=[provider],
                provider_options=[dict(PROVIDER_OPTIONS[self.settings.device])],
            )
        if session.get_providers()[0] != provider:  # it falls back to the CPU without an error
            raise MissingRuntimeError(
                f"ONNX Runtime cannot start {provider} on this machine",
                "use --device cpu, or install CUDA and cuDNN as onnxruntime-gpu wants them",
            )
        return session


class OnnxRuntimeSession:
    """A loaded graph. On the CPU a call is the plain ``run`` that programs make, from and to numpy arrays, none of
    them copied; on CUDA inputs and outputs are bound to the device, and a call ends when the device has caught up.
    """

    def __init__(
        self, file: OnnxFile, session: Any, inputs: Mapping[str, Any], preparation: Preparation
    ) -> None:
        self.file = file
        self.session = session
        self.inputs = inputs
        self.preparation = preparation
        device = file.settings.device
        self._call = _call(session, inputs) if device == "cpu" else _bound_call(session, inputs, device)

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes."""
        with errors_named("run"):
            return seconds_of(self._call, calls)

    def outputs(self) -> list[Tensor]:
        """The output tensors of one forward pass, in float32."""
        with errors_named("run"):
            found = self.session.run(None, self.inputs)
        return [torch.from_numpy(numpy.array(output)).float() for output in found]

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """ONNX Runtime's own times of every node, by module path."""
        from cnnprof.runtimes.onnxruntime.profile import profile_onnxruntime

        return profile_onnxruntime(self, calls)


def import_onnxruntime() -> Any:
    """The package, with its telemetry off before it is imported; MissingRuntimeError where it is absent or broken."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    onnxruntime = import_package("onnxruntime", INSTALL)
    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(3)  # errors arrive as exceptions; its warnings are for developers
    return onnxruntime


def session_options(onnxruntime: Any, settings: Settings) -> Any:
    """One op at a time on ``settings.threads`` threads, every graph optimisation, denormals flushed as for torch."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if settings.spinning else "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options


@contextmanager
def errors_named(doing: str) -> Iterator[None]:
    """What ONNX Runtime raises, as ModelError: its errors share no class but Exception."""
    try:
        yield
    except CnnprofError:
        raise
    except Exception as error:
        raise ModelError(
            f"ONNX Runtime cannot {doing} it: {reason(error)}",
            "another --runtime, or --no-latency to count it",
        ) from error


def reason(error: BaseException) -> str:
    """What ONNX Runtime says, without the codes in front."""
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", first_line(error))


def _call(session: Any, inputs: Mapping[str, Any]) -> Callable[[], object]:
    run, feeds = session.run, dict(inputs)
    return lambda: run(None, feeds)


def _bound_call(session: Any, inputs: Mapping[str, Any], device: str) -> Callable[[], Any]:
    """Without binding, the copies to and from the device would be timed, which eager's calls do not make.

    A call returns the binding, which holds the outputs.
    """
    onnxruntime = import_onnxruntime()
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array, device, 0))
    for output in session.get_outputs():
        binding.bind_output(output.name, device, 0)

    def call() -> Any:
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return binding

    return call
