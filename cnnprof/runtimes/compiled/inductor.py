"""What both ways of compiling share: the C++ compiler and inductor's options.

Importing inductor takes as long as importing torch. A process that finds its network compiled does without it, so the
compiler is looked for in the way that inductor does, but not by it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.inductor_folder import FOLDER_VARIABLES

# Headers compiled beforehand save 16 of 40 s of the compiler's time for one network, but inductor puts them, 150 MB,
# into a folder of its own choice, and needs openssl for them.
OPTIONS = {"freezing": True, "cpp_cache_precompile_headers": False}
COMPILER_HINT = "apt install g++ (Debian, Ubuntu), xcode-select --install (macOS), or name one in CXX"


def known(options: Mapping[str, object]) -> dict[str, object]:
    """Those of the options that this torch has; one that it lacks would be an error."""
    from torch._inductor import config

    return {name: value for name, value in options.items() if _has(config, name)}


def _has(config: object, name: str) -> bool:
    first, _, rest = name.partition(".")
    return hasattr(config, first) and (not rest or _has(getattr(config, first), rest))


def told_by_environment() -> dict[str, str]:
    """The variables that change what inductor and its compiler make, without those that only say where."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name in ("CXX", "CXXFLAGS") or name.startswith("TORCHINDUCTOR_")) and name not in FOLDER_VARIABLES
    }


def processor_features() -> object:
    """What kernels are compiled for: as torch tells it, or as Linux does where torch is too old to."""
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())


def check_compiler() -> None:
    """MissingRuntimeError where there is no C++ compiler that works."""
    if not compiler_version():
        raise MissingRuntimeError("runtime compiled needs a C++ compiler, and none is found", COMPILER_HINT)


def compiler_version() -> str:
    """The first line that the compiler says of its version, or an empty text where none is found."""
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    try:
        answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return next(iter(answer.splitlines()), compiler)
