"""Why a network was not compiled ahead, and whether that is a property of the network or of the machine just now.

Only the former is kept: an entry of the cache without a program sends every later process to torch.compile.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from cnnprof.errors import first_line
from cnnprof.runtimes.compiled.ahead import compile_ahead

NO_MEMORY = "can't allocate memory"  # as torch says it, without a class of its own


class BrokenOffError(Exception):
    """The network could not be compiled ahead now; the next time it may be."""


def refused_ahead(model: nn.Module, inputs: Sequence[Tensor], folder: Path) -> str:
    """Compile ahead into the folder: nothing where it went well, else why the network cannot be.

    Raises BrokenOffError where the next attempt may go well, and OSError and MemoryError as they are.
    """
    try:
        compile_ahead(model, inputs, folder)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # torch.export and inductor raise errors of many classes, and so may the model
        if is_passing(error):
            raise BrokenOffError(why(error)) from error
        return why(error)
    return ""


def is_passing(error: BaseException) -> bool:
    """Whether it tells of the machine as it is: no memory, no room, a C++ compiler that failed."""
    from torch._inductor.exc import CppCompileError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (OSError, MemoryError, CppCompileError)) or NO_MEMORY in str(cause):
            return True
        cause = getattr(cause, "inner_exception", None) or cause.__cause__
    return False


def why(error: BaseException) -> str:
    """What it says first, or what the C++ compiler says in it."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line[:200] for line in lines if "error: " in line), first_line(error))
