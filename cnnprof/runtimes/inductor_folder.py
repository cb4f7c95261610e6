"""Where torch's inductor writes: in a folder that it is told, not in one that it leaves behind.

Compiling has it write, and so has exporting: ``torch.export`` asks inductor whether a bisection is under way, and that
makes the folder that the answer would lie in.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnprof.variables import variables_set

FOLDER_VARIABLES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "TMPDIR")


@contextmanager
def inductor_in(folder: Path) -> Iterator[None]:
    """Inside, inductor and the compiler read and write there, temporary files included.

    Kernels that were loaded stay when the folder goes.
    """
    temporary, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    try:
        with variables_set(dict.fromkeys(FOLDER_VARIABLES, os.fspath(folder))):
            yield
    finally:
        tempfile.tempdir = temporary
        shutil.rmtree(folder / "locks", ignore_errors=True)
