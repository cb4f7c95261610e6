"""Errors as their user sees them: one or two lines on standard error and the exit code, no traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EAGAIN, EDQUOT, EFBIG, EINVAL, EIO, ENOSPC, EPIPE
from functools import wraps
from typing import Any

import typer

from cnnprof.cli.interrupts import interrupted_code, interrupts_as_found, may_block
from cnnprof.errors import CnnprofError, FileError, MissingRuntimeError, ModelError, in_one_line, printable

BUG = 1
TORCH_FILE = os.path.join(os.sep, "torch", "__init__.py")
TORCH_HINT = 'python -c "import torch" has to work: see to its installation and its variables (TORCH_...)'
NO_ROOM = (ENOSPC, EDQUOT, EIO, EFBIG, EAGAIN)  # the last: a pipe that does not wait for its reader


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose errors end in a message and an exit code; ``--traceback`` shows where they arose."""

    @wraps(command)
    def run(**values: Any) -> None:
        with errors_reported(bool(values.get("traceback"))):
            command(**values)

    return run


@contextmanager
def errors_reported(traceback: bool) -> Iterator[None]:
    """Turn any exception of the block into a message and ``typer.Exit``."""
    try:
        with interrupts_as_found():
            yield
            sys.stdout.flush()  # an error of the pipe shows here, not while the interpreter shuts down
    except (typer.Exit, typer.BadParameter):  # Typer ends these itself
        raise
    except BaseException as error:
        code = report(error, traceback)
        raise typer.Exit(code) from None


def report(error: BaseException, traceback: bool = False) -> int:
    """Say what happened in a line or two; the exit code."""
    if _has_reader_gone(error):
        silence_standard_output()
        return 0
    if traceback and not isinstance(error, KeyboardInterrupt):
        from traceback import print_exception

        print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        say("interrupted: nothing had been measured yet")
        return interrupted_code()
    if isinstance(error, SystemExit):  # none of ours is raised in here
        error = ModelError(
            f"the model's code ended Python: {type(error).__name__}: {error}", "take sys.exit() out of it"
        )
    if isinstance(error, CnnprofError):
        say_error(error)
        return error.exit_code
    return _report_other(error)


def _report_other(error: BaseException) -> int:
    if _came_of_importing_torch(error):
        say_error(MissingRuntimeError(f"torch cannot be imported: {in_one_line(error, 300)}", TORCH_HINT))
        return MissingRuntimeError.exit_code
    if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
        silence_standard_output()  # files have errors of their own, with a name
        say_error(FileError(f"cannot write standard output: {error.strerror}", "free space, or save with -o"))
        return FileError.exit_code
    if isinstance(error, OSError) and error.filename is not None:
        # A folder that may not be entered, or a name that is too long.
        named = f"{str(error.filename)[:200]}: {error.strerror}"
        say_error(FileError(named, "check the path and its permissions"))
        return FileError.exit_code
    say_error(CnnprofError(in_one_line(error, 300), "a bug of cnnprof; --traceback shows where"))
    return BUG


def _came_of_importing_torch(error: BaseException) -> bool:
    """A broken installation, or a variable that torch refuses: where its import fails, it is no module afterwards."""
    from traceback import walk_tb

    files = (frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__))
    return "torch" not in sys.modules and any(file.endswith(TORCH_FILE) for file in files)


def _has_reader_gone(error: BaseException) -> bool:
    """``cnnprof list | head``: the reader has what it wanted. Windows calls it an invalid argument."""
    if not isinstance(error, OSError):
        return False
    on_windows = sys.platform == "win32" and error.errno == EINVAL and may_block(sys.stdout)
    return error.errno == EPIPE or on_windows


def silence_standard_output() -> None:
    """Let nothing more be written there, not even by the interpreter's last flush."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def say_error(error: CnnprofError) -> None:
    """``error: the thing and the reason``, and ``hint: the next step``."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint: {error.hint}")


def say(line: str) -> None:
    """One line on standard error; nowhere, if its reader has gone: the exit code tells all the same."""
    with suppress(OSError):
        typer.echo(printable(line), err=True)
