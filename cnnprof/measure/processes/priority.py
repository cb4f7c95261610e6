"""Precedence of workers over other processes, where the system lets us have it.

A thread that waits for a core holds up its whole network. Beside one process that kept one of two cores busy, calls of
ShuffleNet V2 took 34 ms in place of 14, and a ratio to it was anything from 0.45 to 1.9; at the highest priority both
are those of a quiet machine. Linux first shares cores out among sessions ("autogroups"; sched(7)), so there a worker
needs a session of its own, whose share is raised with it.

Only the privileged may (CAP_SYS_NICE or RLIMIT_NICE). Who starts us with another niceness than 0 has it kept.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

FIRST = -20
AUTOGROUP, THREADS = Path("/proc/self/autogroup"), Path("/proc/self/task")
TRIES, PAUSE_S = 5, 0.11  # the system takes one change in a tenth of a second


@cache
def may_go_first() -> bool:
    """Whether the system lets a process of ours go first; this one stays where it is."""
    # Tried by a thread of its own: on Linux no other is touched, and Ctrl-C does not come between.
    with suppress(RuntimeError), ThreadPoolExecutor(1) as thread:  # no more threads
        return thread.submit(_try).result()
    return False


def _try() -> bool:
    try:
        if os.getpriority(os.PRIO_PROCESS, 0) != 0:
            return False
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    except (OSError, AttributeError):  # not allowed; or not there, as on Windows
        return False
    return True


@cache
def needs_session() -> bool:
    """Whether a worker that goes first needs a session of its own for it."""
    return may_go_first() and os.access(AUTOGROUP, os.W_OK)


def go_first() -> bool:
    """Have all threads of this process run before others, and its session unless it is the parent's too.

    Threads that begin later do likewise. False where it may not, or its session stays behind, as where /proc can only
    be read.
    """
    if not may_go_first():
        return False
    for thread in _threads():
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, thread, FIRST)
    if not needs_session():
        return not AUTOGROUP.exists()
    return os.getsid(0) == os.getsid(os.getppid()) or _raise_session()


def _threads() -> list[int]:
    """Each has a priority of its own on Linux; 0 stands for the process where the system has one for all."""
    try:
        return [int(thread) for thread in os.listdir(THREADS)]
    except OSError:
        return [0]


def _raise_session() -> bool:
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(FIRST), encoding="ascii")
            return True
        except BlockingIOError:
            time.sleep(PAUSE_S)
        except OSError:
            break
    return False
