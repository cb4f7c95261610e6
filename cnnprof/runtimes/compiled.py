"""torch.compile with inductor's freezing: weights are constants of the program, folded and packed at compile time.

Whatever changes the program (threads, inference mode, memory layout) is set before it is compiled, since a change
afterwards compiles it once more inside a timed call. What inductor writes goes into the conversion cache: it compiles
in a folder of this process's own, which starts as a copy of the cached one, and no other process meddles with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.accelerator import AcceleratorSession
from cnnprof.runtimes.cache import Stored, open_cache
from cnnprof.runtimes.eager import RUNTIME as EAGER
from cnnprof.runtimes.eager import CpuSession
from cnnprof.runtimes.export import kept_quiet
from cnnprof.runtimes.fingerprint import fingerprint
from cnnprof.runtimes.registry import RuntimeLayer, Session, Settings

FOLDER_VARIABLES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "TMPDIR")
# Headers compiled beforehand save 16 of 40 s of the compiler's time for one network, but inductor puts them, 150 MB,
# into a folder of its own choice, and needs openssl for them.
INDUCTOR = {"freezing": True, "cpp_cache_precompile_headers": False}
PASSES = 2  # the first compiles, the second runs what it left undone
COMPILER_HINT = "apt install g++ (Debian, Ubuntu), xcode-select --install (macOS), or name one in CXX"


class CompiledSession(CpuSession):
    """A compiled network on the CPU, called as eager's is."""

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """torch.profiler's times of every kernel, by the module paths that inductor fused."""
        from cnnprof.runtimes.compiled_profile import profile_compiled

        return profile_compiled(self, calls)


class CompiledRuntime:
    """torch.compile with its default backend."""

    dtypes = ("float32", "bfloat16", "float16")

    def resolve_device(self, device: str) -> str:
        """The devices that torch has, and a C++ compiler for the CPU."""
        found = EAGER.resolve_device(device)
        if found == "cpu":
            check_compiler()
        return found

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Compile for the shapes, threads and layout of ``settings``, from cached kernels where they are there."""
        if settings.device == "cpu":
            check_compiler()
        key = self._key(model, settings)
        start = perf_counter()
        eager: Any = EAGER.prepare(model, settings)
        with kept_quiet():
            function = torch.compile(eager.model, dynamic=False)
        stored = _compile(function, eager.inputs, key)
        preparation = Preparation(
            convert_s=perf_counter() - start,
            cached=stored.cached,
            options=eager.preparation.options
            | self.versions()
            | {"freezing": "on", "dynamic": "off"}
            | _graphs(),
            warnings=stored.warnings,
        )
        if settings.device == "cpu":
            return CompiledSession(function, eager.inputs, preparation)
        return AcceleratorSession(function, eager.inputs, eager.accelerator, preparation)

    def versions(self) -> dict[str, str]:
        """torch's version and the C++ compiler's."""
        return EAGER.versions() | {"compiler": _compiler_version()}

    def _key(self, model: nn.Module, settings: Settings) -> Mapping[str, object]:
        # Kernels are chosen for the thread count; the seed is that of the inputs, on which nothing depends.
        settings_of_kernels = repr(replace(settings, seed=0, spinning=False))
        return {"network": fingerprint(model, settings), "settings": settings_of_kernels, **self.versions()}


def check_compiler() -> None:
    """MissingRuntimeError where inductor finds no C++ compiler that works."""
    if not find_compiler():
        raise MissingRuntimeError("runtime compiled needs a C++ compiler, and none is found", COMPILER_HINT)


def find_compiler() -> str:
    """The compiler that inductor takes, or an empty text."""
    try:
        with kept_quiet():  # importing inductor warns of what torch itself deprecates
            from torch._inductor.cpp_builder import get_cpp_compiler

            return str(get_cpp_compiler())
    except Exception:  # inductor's InvalidCxxCompiler, or what looking for one raised
        return ""


def _compiler_version() -> str:
    compiler = find_compiler()
    if not compiler:
        return "none"
    answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    return next(iter(answer.splitlines()), compiler)


def _compile(
    function: Callable[..., object], inputs: tuple[Tensor, ...], key: Mapping[str, object]
) -> Stored:
    """Run the first passes with inductor's files in the cache's entry, or in a copy of it where it is there."""

    def build(folder: Path) -> None:
        with inductor_in(folder):
            _first_passes(function, inputs)

    cache = open_cache()
    stored = cache.fetch("compiled", key, build)
    if stored.cached:
        with cache.copy_of(stored.folder) as folder:
            build(folder)
    return stored


@contextmanager
def inductor_in(folder: Path) -> Iterator[None]:
    """Inside, inductor and the compiler read and write there, temporary files included.

    Kernels that were loaded stay when the folder goes.
    """
    before = {name: os.environ.get(name) for name in FOLDER_VARIABLES}
    temporary, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    os.environ.update(dict.fromkeys(FOLDER_VARIABLES, os.fspath(folder)))
    try:
        yield
    finally:
        tempfile.tempdir = temporary
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        shutil.rmtree(folder / "locks", ignore_errors=True)


def _first_passes(function: Callable[..., object], inputs: tuple[Tensor, ...]) -> None:
    try:
        with kept_quiet(), torch.inference_mode():
            from torch._inductor import config

            with config.patch(INDUCTOR):
                for _ in range(PASSES):
                    function(*inputs)
    except (CnnprofError, OSError):
        raise
    except Exception as error:  # dynamo and inductor raise errors of many classes, and so may the model
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"torch.compile cannot compile it: {lines[0][:200]}", "--runtime eager runs it as it is"
        ) from error


def _graphs() -> dict[str, str]:
    """Into how many graphs the network was cut: more than one where dynamo could not follow its Python code."""
    from torch._dynamo.utils import counters

    return {"graphs": str(counters["stats"]["unique_graphs"])}


RUNTIME = CompiledRuntime()
