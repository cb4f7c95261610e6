"""The command line: one short file a command, shared options once."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The entry point ``cnnprof``; ends in SystemExit with the code of the outcome."""
    # Importing torch makes a hundred thousand objects that stay: looking for garbage among them again and again
    # took a twentieth of the start-up. Garbage is still collected, only less often.
    gc.set_threshold(100_000, 50, 50)
    try:
        from cnnprof.cli.app import app

        for stream in (sys.stdout, sys.stderr):
            # a character that the terminal's encoding lacks becomes "?", not a crash
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        app(prog_name="cnnprof")
    except KeyboardInterrupt:
        sys.exit(130)
