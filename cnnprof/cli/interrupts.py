"""Ctrl-C while a command runs: it ends measuring, and once that is over nothing is lost by it any more."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any, NoReturn

ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Code in C++ that runs while these are imported swallows the exception, or ends the process by it.
DEAF = ("torch", "numpy", "scipy", "pandas", "onnx", "onnxruntime", "openvino", "ncnn", "matplotlib")
AGAIN_S = 0.05
_heard: list[Any] = []  # by whom Ctrl-C is heard otherwise, while it is ignored


def hear_interrupts() -> None:
    """Ctrl-C while a library is imported counts once that is there; not in a job that was begun without any."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not any(_is_imported_just_now(name) for name in DEAF):
        signal.default_int_handler(number, frame)
    again = threading.Timer(AGAIN_S, _raise_again, (number,))
    again.daemon = True
    again.start()


def _raise_again(number: int) -> None:
    if sys.platform == "win32":  # os.kill ends a process there
        signal.raise_signal(number)
    else:  # reaches the main thread, whatever it waits for
        os.kill(os.getpid(), number)


def _is_imported_just_now(name: str) -> bool:
    return getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False)


def ignore_interrupts() -> None:
    """What was measured is put together and handed over now: an impatient second Ctrl-C waits for it."""
    if _in_main_thread() and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        _heard.append(signal.signal(signal.SIGINT, signal.SIG_IGN))


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
    """Whoever ends us otherwise (``timeout``, a terminal that closes) has workers ended and folders removed as well."""
    for number in ENDINGS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


class Ended(BaseException):
    """Somebody asks us to end; ``code`` is the exit code that tells so. No model's code takes it for its own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    for ending in ENDINGS:  # the first has decided: what tidies up now is not to be cut short
        signal.signal(ending, signal.SIG_IGN)
    raise Ended(number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
