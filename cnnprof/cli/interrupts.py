"""Ctrl-C, or being asked to end (``timeout``, a scheduler, a terminal that closes): it ends measuring, and once that is
over nothing is lost by it any more.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

from cnnprof.interrupts import ENDINGS, not_now

# Code in C++ that runs while these are imported swallows the exception, or ends the process by it.
DEAF = ("torch", "numpy", "scipy", "pandas", "onnx", "onnxruntime", "openvino", "ncnn", "matplotlib")
AGAIN_S = 0.05
PATIENCE_S = 5.0  # whoever asks us to end kills us sooner or later: ``docker stop`` after 10 s
_heard: list[Any] = []  # by whom Ctrl-C is heard otherwise, while it is ignored
_asked: list[tuple[int, float]] = []  # the first signal that asked us to end, and when


def hear_interrupts() -> None:
    """Ctrl-C while a library is imported counts once that is there; not in a job that was begun without any."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if not _is_deaf():
        raise KeyboardInterrupt
    _ask_again(number)


def _ask_again(number: int) -> None:
    again = threading.Timer(AGAIN_S, _raise_again, (number,))
    again.daemon = True
    again.start()


def _raise_again(number: int) -> None:
    if sys.platform == "win32":  # os.kill ends a process there
        signal.raise_signal(number)
    else:  # reaches the main thread, whatever it waits for
        os.kill(os.getpid(), number)


def _is_deaf() -> bool:
    specs = [getattr(sys.modules.get(name), "__spec__", None) for name in DEAF]
    return any(getattr(spec, "_initializing", False) for spec in specs)


def ignore_interrupts() -> None:
    """What was measured is put together and handed over now: an impatient second Ctrl-C waits for it."""
    if _in_main_thread() and not _heard:
        _heard.append(signal.signal(signal.SIGINT, not_now))


def listen_to_interrupts() -> None:
    """Ctrl-C ends what begins now; not in a job that was begun without, as a shell does in the background."""
    if _in_main_thread() and _heard:
        signal.signal(signal.SIGINT, _heard.pop())


@contextmanager
def interrupts_as_found() -> Iterator[None]:
    """Whoever runs a command inside of a program of theirs finds Ctrl-C as it was."""
    try:
        yield
    finally:
        listen_to_interrupts()


def may_block(stream: IO[str]) -> bool:
    """Whether writing may wait for a reader for as long as that likes: a pipe or a socket."""
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def end_tidily() -> None:
    """Whoever asks us to end has what was measured saved, workers ended and folders removed, as after Ctrl-C."""
    _asked.clear()
    for number in ENDINGS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C, but nobody would ask again: what must not be cut short is waited for."""
    if not _asked:
        _asked.append((number, time.monotonic()))
    if _is_not_now() and time.monotonic() - _asked[0][1] < PATIENCE_S:
        _ask_again(number)
        return
    for ending in ENDINGS:  # the first has decided: what tidies up now is not to be cut short
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def _is_not_now() -> bool:
    return _is_deaf() or signal.getsignal(signal.SIGINT) is not_now


def interrupted_code() -> int:
    """The exit code of an interruption: 130, or that of the signal that asked us to end."""
    return 128 + (_asked[0][0] if _asked else signal.SIGINT)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
