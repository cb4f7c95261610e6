"""The network as inductor compiles it, with freezing: weights are constants of the program, folded and packed.

On the CPU it is compiled ahead of time, once, and every later process opens what is in the conversion cache. Networks
that torch.export cannot take, and accelerators, are compiled by torch.compile in each process: there, inductor works in
a folder of the process's own, which starts as a copy of the cached one, and no other process meddles with it.

Whatever changes the program (threads, inference mode, memory layout) is set before it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.accelerator import AcceleratorSession
from cnnprof.runtimes.cache import Stored, open_cache
from cnnprof.runtimes.compiled_ahead import RECIPE, Program, compile_ahead, is_compiled_ahead, read_calls
from cnnprof.runtimes.compiled_calls import Call
from cnnprof.runtimes.eager import RUNTIME as EAGER
from cnnprof.runtimes.eager import CpuSession
from cnnprof.runtimes.export import kept_quiet
from cnnprof.runtimes.fingerprint import fingerprint
from cnnprof.runtimes.inductor import (
    OPTIONS,
    check_compiler,
    compiler_version,
    inductor_in,
    known,
    processor_features,
    told_by_environment,
)
from cnnprof.runtimes.registry import RuntimeLayer, Session, Settings

Counted = tuple[Program, Sequence[Call]]
PASSES = 2  # the first compiles, the second runs what it left undone


class CompiledSession(CpuSession):
    """A compiled network on the CPU, called as eager's is. ``count`` compiles it once more, to be profiled."""

    def __init__(
        self,
        model: Callable[..., object],
        inputs: tuple[Tensor, ...],
        preparation: Preparation,
        count: Callable[[], Counted],
    ) -> None:
        super().__init__(model, inputs, preparation)
        self._count = cache(count)

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """torch.profiler's times of every kernel, by the modules that it computes.

        The first profile compiles. MissingRuntimeError where torch.compile made the program.
        """
        from cnnprof.runtimes.compiled_profile import profile_compiled

        if not isinstance(self.model, Program):
            raise MissingRuntimeError(
                "the layers of a network that torch.export cannot take are not timed when compiled",
                "--runtime eager, or leave out --time",
            )
        return profile_compiled(*self._count(), self.inputs, calls)


class CompiledRuntime:
    """AOTInductor, or torch.compile with its default backend."""

    dtypes = ("float32", "bfloat16", "float16")

    def resolve_device(self, device: str) -> str:
        """The devices that torch has, and a C++ compiler for the CPU."""
        found = EAGER.resolve_device(device)
        if found == "cpu":
            check_compiler()
        return found

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Compile for the shapes, threads and layout of ``settings``, or open what the cache has."""
        if settings.device == "cpu":
            check_compiler()
        key = self._key(model, settings)
        start = perf_counter()
        eager: Any = EAGER.prepare(model, settings)
        function, stored = _compiled(eager.model, eager.inputs, key, settings)
        preparation = Preparation(
            convert_s=perf_counter() - start,
            cached=stored.cached,
            options=eager.preparation.options
            | self.versions()
            | {"freezing": "on", "dynamic": "off"}
            | _described(function),
            warnings=stored.warnings,
        )
        if settings.device == "cpu":
            count = partial(_counted, eager.model, eager.inputs, key)
            return CompiledSession(function, eager.inputs, preparation, count)
        return AcceleratorSession(function, eager.inputs, eager.accelerator, preparation)

    def versions(self) -> dict[str, str]:
        """torch's version and the C++ compiler's."""
        return EAGER.versions() | {"compiler": compiler_version() or "none"}

    def _key(self, model: nn.Module, settings: Settings) -> Mapping[str, object]:
        # Kernels are chosen for the thread count, machine code and packed weights for the processor; the seed is that
        # of the inputs, on which nothing depends.
        return {
            "network": fingerprint(model, settings),
            "settings": repr(replace(settings, seed=0, spinning=False)),
            "processor": processor_features(),
            "environment": told_by_environment(),
            "recipe": RECIPE,
            **self.versions(),
        }


def _compiled(
    model: nn.Module, inputs: tuple[Tensor, ...], key: Mapping[str, object], settings: Settings
) -> tuple[Callable[..., object], Stored]:
    """The network compiled ahead where that can be, and by torch.compile in this process where not."""
    functions = []

    def build(folder: Path) -> None:
        if settings.device != "cpu" or not _could_be_compiled_ahead(model, inputs, folder):
            functions.append(_compile_here(model, inputs, folder))

    entries = open_cache()
    stored = entries.fetch("compiled", key, build)
    if is_compiled_ahead(stored.folder):
        return Program(stored.folder), stored
    if stored.cached:
        with entries.copy_of(stored.folder) as folder:
            functions.append(_compile_here(model, inputs, folder))
    return functions[-1], stored


def _could_be_compiled_ahead(model: nn.Module, inputs: tuple[Tensor, ...], folder: Path) -> bool:
    try:
        compile_ahead(model, inputs, folder)
    except OSError:
        raise
    except Exception:  # torch.export and inductor raise errors of many classes, and so may the model
        return False
    return True


def _counted(model: nn.Module, inputs: tuple[Tensor, ...], key: Mapping[str, object]) -> Counted:
    def build(folder: Path) -> None:
        compile_ahead(model, inputs, folder, counted=True)

    folder = open_cache().fetch("compiled", {**key, "counted": True}, build).folder
    return Program(folder), read_calls(folder)


def _compile_here(model: nn.Module, inputs: tuple[Tensor, ...], folder: Path) -> Callable[..., object]:
    """The network after torch.compile has done its work, with inductor's files in the folder."""
    try:
        with kept_quiet(), torch.inference_mode(), inductor_in(folder):
            from torch._inductor import config

            function: Callable[..., object] = torch.compile(model, dynamic=False)
            with config.patch(known(OPTIONS)):
                for _ in range(PASSES):
                    function(*inputs)
    except (CnnprofError, OSError):
        raise
    except Exception as error:  # dynamo and inductor raise errors of many classes, and so may the model
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"torch.compile cannot compile it: {lines[0][:200]}", "--runtime eager runs it as it is"
        ) from error
    return function


def _described(function: object) -> dict[str, str]:
    """By what it was compiled; and into how many graphs torch.compile cut it, where it could not follow its code."""
    if isinstance(function, Program):
        return {"compiled_by": "AOTInductor", "graphs": "1"}
    from torch._dynamo.utils import counters

    return {"compiled_by": "torch.compile", "graphs": str(counters["stats"]["unique_graphs"])}


RUNTIME = CompiledRuntime()
