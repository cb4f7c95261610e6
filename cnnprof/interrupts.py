"""Ctrl-C where it would lose what was measured: while it is put together and handed over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# By which whoever runs us asks us to end: a scheduler, a terminal that closes.
ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Let Ctrl-C do nothing for a moment; in the main thread, which alone gets it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, not_now)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def not_now(_number: int, _frame: FrameType | None) -> None:
    """The handler of Ctrl-C that does nothing; by it others see that this is no moment to end."""
