"""The progress line on standard error while timing: model, round, current ratio, time left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING

from cnnprof.cli.interrupts import ignore_interrupts, listen_to_interrupts

if TYPE_CHECKING:
    from cnnprof.measure.progress import Progress

EVERY_S = 0.2
PHASES = {"warm-up": "warming up", "starting": "starting", "converting": "converting"}
UNTIMED = ("starting", "converting")


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A callback that shows progress, or None where nobody would see it: with ``--quiet``, or in a pipe.

    What the user's own code prints meanwhile goes to standard error too: standard output is for results. Ctrl-C ends
    what runs inside, and does nothing afterwards.
    """
    listen_to_interrupts()
    try:
        with _shown(quiet) as on_progress:
            yield on_progress
    finally:
        ignore_interrupts()


@contextmanager
def _shown(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    if quiet or not sys.stderr.isatty():
        with redirect_stdout(sys.stderr), _descriptor_to_error():
            yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    # No refreshing thread: it would wake up in the middle of a timed pass.
    live = Live(console=Console(stderr=True, highlight=False), auto_refresh=False, transient=True)
    with suppress(OSError):
        live.start()
    try:
        with _descriptor_to_error():
            # As text: a path may have brackets, in which rich would look for styles.
            yield _throttled(lambda progress: live.update(Text(progress_line(progress)), refresh=True))
    finally:
        ignore_interrupts()  # before the line is taken away, which takes milliseconds
        with suppress(OSError):
            live.stop()


@contextmanager
def _descriptor_to_error() -> Iterator[None]:
    """Also what programs print that the user's code starts: they write to descriptor 1, whatever Python has there."""
    try:
        sys.__stdout__.flush()  # type: ignore[union-attr]
        kept = os.dup(1)
        os.dup2(2, 1)
    except (OSError, AttributeError, ValueError):  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _throttled(show: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """At most a few updates a second while something is timed: each one warms the caches with something else.

    A terminal that has been closed ends nothing: what is measured is for the files.
    """
    last = -EVERY_S

    def on_progress(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if progress.phase in UNTIMED or now - last >= EVERY_S:
            last = now
            with suppress(OSError):
                show(progress)

    return on_progress


def progress_line(progress: Progress) -> str:
    """``round 12 of about 40, process 2 of 3  ghostnet  1.62x  at most 14 s left``.

    Getting processes ready has no known end and does not count against the budget: no time is told then.
    """
    from cnnprof.render.text import numbers

    timed = progress.phase not in UNTIMED
    parts = [
        f"{_doing(progress)}{_process(progress)}",
        progress.model,
        numbers.ratio(progress.ratio) if progress.ratio is not None else "",
        f"at most {numbers.duration(progress.seconds_left)} left" if timed else "",
    ]
    return "  ".join(part for part in parts if part)


def _doing(progress: Progress) -> str:
    about = f" of about {progress.rounds}" if progress.rounds else ""
    return PHASES.get(progress.phase) or f"round {progress.round + 1}{about}"


def _process(progress: Progress) -> str:
    several = progress.generations > 1
    return f", process {progress.generation + 1} of {progress.generations}" if several else ""
