"""The network as inductor compiles it, with freezing: weights are constants of the program, folded and packed.

On the CPU it is compiled ahead of time, once, and every later process opens what is in the conversion cache. Networks
that cannot be compiled so, and those on accelerators, are compiled by torch.compile in each process: there, inductor
works in a folder of the process's own, which starts as a copy of the cached one, and no other process meddles with it.

Whatever changes the program (threads, inference mode, memory layout) is set before it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.cache.entries import Stored, open_cache
from cnnprof.runtimes.cache.fingerprint import fingerprint
from cnnprof.runtimes.compiled.ahead import (
    RECIPE,
    Program,
    compile_ahead,
    is_compiled_ahead,
    read_calls,
)
from cnnprof.runtimes.compiled.calls import Call
from cnnprof.runtimes.compiled.here import Compiled, compile_here, compile_once
from cnnprof.runtimes.compiled.inductor import (
    check_compiler,
    compiler_version,
    processor_features,
    told_by_environment,
)
from cnnprof.runtimes.compiled.refusal import BrokenOffError, refused_ahead
from cnnprof.runtimes.eager.accelerator import AcceleratorSession
from cnnprof.runtimes.eager.runtime import RUNTIME as EAGER
from cnnprof.runtimes.eager.runtime import CpuSession
from cnnprof.runtimes.registry import Session, Settings

Counted = tuple[Program, Sequence[Call]]
REASON = "not_ahead.txt"


class CompiledSession(CpuSession):
    """A compiled network on the CPU, called as eager's is.

    ``count`` compiles it once more, to be profiled; ``why_not`` is why it was not compiled ahead, where it was not.
    """

    def __init__(
        self,
        model: Callable[..., object],
        inputs: tuple[Tensor, ...],
        preparation: Preparation,
        count: Callable[[], Counted],
        why_not: str,
    ) -> None:
        super().__init__(model, inputs, preparation)
        self._count = cache(count)
        self._why_not = why_not

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """torch.profiler's times of every kernel, by the modules that it computes.

        The first profile compiles. MissingRuntimeError where torch.compile made the program.
        """
        from cnnprof.runtimes.compiled.profile import profile_compiled

        if not isinstance(self.model, Program):
            raise MissingRuntimeError(
                f"layers are timed only of a network that is compiled ahead: {self._why_not}",
                "--runtime eager, or leave out --time",
            )
        return profile_compiled(*self._count(), self.inputs, calls)


class CompiledElsewhere(AcceleratorSession):
    """A compiled network on an accelerator."""

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """MissingRuntimeError: what catches functions would have another program compiled than is timed."""
        raise MissingRuntimeError(
            "compiled layers are timed on the CPU alone", "--runtime eager, --device cpu, or leave out --time"
        )


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
        compiled, stored, why_not = _compiled(eager.model, eager.inputs, key, settings)
        preparation = Preparation(
            convert_s=perf_counter() - start,
            cached=stored.cached,
            options=eager.preparation.options
            | self.versions()
            | {"freezing": "on", "dynamic": "off"}
            | _described(compiled),
            warnings=(*stored.warnings, *compiled.warnings),
        )
        if settings.device == "cpu":
            count = partial(_counted, eager.model, eager.inputs, key)
            return CompiledSession(compiled.function, eager.inputs, preparation, count, why_not)
        return CompiledElsewhere(compiled.function, eager.inputs, eager.accelerator, preparation)

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
) -> tuple[Compiled, Stored, str]:
    """The network compiled ahead where that can be, and by torch.compile in this process where not, with the reason."""
    here = []

    def build(folder: Path) -> None:
        why_not = refused_ahead(model, inputs, folder) if settings.device == "cpu" else ""
        if not is_compiled_ahead(folder):
            here.append(compile_here(model, inputs, folder))
            (folder / REASON).write_text(why_not, encoding="utf-8")

    entries = open_cache()
    try:
        stored = entries.fetch("compiled", key, build)
    except BrokenOffError as error:
        return compile_once(model, inputs, str(error))
    if is_compiled_ahead(stored.folder):
        return Compiled(Program(stored.folder)), stored, ""
    if not here:  # the entry was there, or another process made it while this one compiled ahead
        with entries.copy_of(stored.folder) as folder:
            here.append(compile_here(model, inputs, folder))
    why_not = (stored.folder / REASON).read_text(encoding="utf-8")
    told = (f"compiled in each process: it cannot be compiled ahead: {why_not}",) if why_not else ()
    return here[-1], replace(stored, warnings=(*stored.warnings, *told)), why_not


def _counted(model: nn.Module, inputs: tuple[Tensor, ...], key: Mapping[str, object]) -> Counted:
    def build(folder: Path) -> None:
        compile_ahead(model, inputs, folder, counted=True)

    folder = open_cache().fetch("compiled", {**key, "counted": True}, build).folder
    return Program(folder), read_calls(folder)


def _described(compiled: Compiled) -> dict[str, str]:
    """By what it was compiled; and into how many graphs torch.compile cut it, where it could not follow its code."""
    ahead = isinstance(compiled.function, Program)
    return {"compiled_by": "AOTInductor" if ahead else "torch.compile", "graphs": str(compiled.graphs)}


RUNTIME = CompiledRuntime()
