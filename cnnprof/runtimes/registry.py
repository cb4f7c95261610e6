"""Which runtimes there are; each is one file, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from cnnprof.errors import unknown

if TYPE_CHECKING:
    from torch import nn


RUNTIMES = ("eager",)

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is to run: shapes of its inputs with the batch, and everything that changes its speed."""

    shapes: tuple[tuple[int, ...], ...]
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1
    channels_last: bool = False
    seed: int = 0


class Session(Protocol):
    """A model that is ready: each call is one forward pass of one batch, complete when its time is taken."""

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` consecutive forward passes."""


class Runtime(Protocol):
    """What a runtime's file offers."""

    def resolve_device(self, device: str) -> str:
        """The device that ``auto`` means, or the one named; MissingRuntimeError where it is absent."""

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Make the model ready to call; it may be changed and belongs to the session from here on."""

    def versions(self) -> dict[str, str]:
        """Versions and flags that change speed or numerics."""


def find_runtime(name: str) -> Runtime:
    """The runtime of that name; UnknownNameError otherwise."""
    if name not in RUNTIMES:
        raise unknown("runtime", name, RUNTIMES)
    runtime: Runtime = import_module(f"cnnprof.runtimes.{name}").RUNTIME
    return runtime
