"""The command line: one short file a command, shared options once."""

from __future__ import annotations

import gc
import io
import os
import sys
from contextlib import suppress

from cnnprof.cli.interrupts import end_tidily, hear_interrupts, interrupted_code


def main() -> None:
    """The entry point ``cnnprof``; ends in SystemExit with the code of the outcome."""
    # Importing torch makes a hundred thousand objects that stay: looking for garbage among them again and again
    # took a twentieth of the start-up. Garbage is still collected, only less often.
    gc.set_threshold(100_000, 50, 50)
    _open_streams()
    try:
        end_tidily()
        hear_interrupts()
        _run()
    except KeyboardInterrupt:
        sys.exit(interrupted_code())
    except OSError as error:  # of standard output, onto which Typer itself writes help
        from cnnprof.cli.failures import report

        sys.exit(report(error))


def _run() -> None:
    from cnnprof.cli.app import app
    from cnnprof.measure.machine.openmp import set_variables_aside

    set_variables_aside()
    try:
        app(prog_name="cnnprof")
    except SystemExit as end:
        # Where the reader of help has left, click ends with 1, which is a bug of ours.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
    finally:
        sys.stdout.flush()  # while an error can still be told
        _hand_over_standard_output()


def _open_streams() -> None:
    """A stream that was closed (``2>&-``, a service) swallows what is written; all have every character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        elif hasattr(stream, "reconfigure"):
            # what the terminal's encoding lacks becomes "?", not a crash
            stream.reconfigure(errors="replace")
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        # With PYTHONUNBUFFERED a full disk or a stopped reader takes a part of what is written, and nobody says so.
        sys.stdout = open(  # noqa: SIM115 (it lasts as long as the program)
            sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, errors="replace", closefd=False
        )


def _hand_over_standard_output() -> None:
    """What the user's own code prints from now on, at exit or from a thread, is no result."""
    with suppress(OSError, ValueError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
