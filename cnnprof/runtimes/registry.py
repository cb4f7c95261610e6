"""Which runtimes there are; each is one folder, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from cnnprof.errors import UnknownNameError, unknown
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation

if TYPE_CHECKING:
    from torch import Tensor, nn


RUNTIMES = ("eager", "compiled", "onnxruntime", "openvino", "ncnn")
DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("float32", "bfloat16", "float16", "int8")
INSTEAD = "another --runtime; eager and compiled run every network"  # where one cannot be converted


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is to run: shapes of its inputs with the batch, and everything that changes its speed.

    ``spinning`` lets a runtime's idle threads burn a core while they wait for the next call; it makes that call a
    little faster and whatever else runs meanwhile slower, so it is off unless the process has the cores to itself.
    """

    shapes: tuple[tuple[int, ...], ...]
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1
    channels_last: bool = False
    seed: int = 0
    spinning: bool = False


class Session(Protocol):
    """A model that is ready: each call is one forward pass of one batch, complete when its time is taken."""

    preparation: Preparation  # what it took to get here

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` consecutive forward passes."""

    def outputs(self) -> Sequence[Tensor]:
        """The output tensors of one forward pass, in float32 on the CPU, to be compared with eager's."""

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """The runtime's own counters over ``calls`` passes, and the wall seconds of each pass.

        Raises MissingRuntimeError where the runtime has no counters.
        """


class Runtime(Protocol):
    """``RUNTIME`` of each. Where ``dtypes`` are not the same on every device, ``dtypes_on`` has each one's."""

    dtypes: tuple[str, ...]

    def resolve_device(self, device: str) -> str:
        """The device that ``auto`` means, or the one named; MissingRuntimeError where it, or the library, is absent."""

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Make the model ready to call; it may be changed and belongs to the session from here on.

        Raises ModelError where the model cannot be converted, naming the op and its layer.
        """

    def versions(self) -> dict[str, str]:
        """Versions and flags that change speed or numerics."""


def find_runtime(name: str) -> Runtime:
    """The runtime of that name; UnknownNameError otherwise. Its library is imported only when it is used."""
    if name not in RUNTIMES:
        raise unknown("runtime", name, RUNTIMES)
    runtime: Runtime = import_module(f"cnnprof.runtimes.{name}.runtime").RUNTIME
    return runtime


def offered_dtypes(name: str, device: str) -> tuple[str, ...]:
    """The dtypes that the runtime computes in on that device."""
    runtime = find_runtime(name)
    offered: tuple[str, ...] = getattr(runtime, "dtypes_on", {}).get(device, runtime.dtypes)
    return offered


def check_dtype(name: str, dtype: str, device: str = "cpu") -> None:
    """UnknownNameError where the runtime does not compute in ``dtype`` on that device, with those that it has."""
    offered = offered_dtypes(name, device)
    if dtype not in offered:
        others = [other for other in RUNTIMES if other != name and dtype in find_runtime(other).dtypes]
        elsewhere = f", or --runtime {' or '.join(others)}" if others and device == "cpu" else ""
        if device != "cpu" and dtype in offered_dtypes(name, "cpu"):
            elsewhere = ", or --device cpu"
        raise UnknownNameError(
            f"{name} does not compute in {dtype} on {device}", f"--dtype {' or '.join(offered)}{elsewhere}"
        )
