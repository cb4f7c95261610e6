"""What both ways of compiling share: the C++ compiler, inductor's options, and where it writes.

Importing inductor takes as long as importing torch. A process that finds its network compiled does without it, so the
compiler is looked for in the way that inductor does, but not by it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnprof.errors import MissingRuntimeError

FOLDER_VARIABLES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "TMPDIR")
# Headers compiled beforehand save 16 of 40 s of the compiler's time for one network, but inductor puts them, 150 MB,
# into a folder of its own choice, and needs openssl for them.
OPTIONS = {"freezing": True, "cpp_cache_precompile_headers": False}
COMPILER_HINT = "apt install g++ (Debian, Ubuntu), xcode-select --install (macOS), or name one in CXX"


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
