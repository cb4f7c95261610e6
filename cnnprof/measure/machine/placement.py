"""The core that a network is called from.

Cores of one machine differ: behind a virtual one may be half of a busy one, which takes 1.4 times as long, for seconds
on end. Where the thread that calls a network sits, the system decides and seldom changes. Two processes with theirs on
different cores then differ by the cores, and taking turns does not help: of MobileNet V2 over ShuffleNet V2, blocks of
ten rounds scattered by 5.8% as the system placed them and by 2.5% with one core for all models of a round.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CAN_HOLD = hasattr(os, "sched_setaffinity")
PROCESSOR = 36  # place in /proc/PID/stat, counted from the state, which follows the name (proc_pid_stat(5))


def current_core(root: Path = Path("/")) -> int | None:
    """The core that the calling thread ran on last; None where the system does not say."""
    return core_of("thread-self", root)


def core_of(process: int | str, root: Path = Path("/")) -> int | None:
    """The same of the first thread of another process."""
    try:
        fields = (root / f"proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[PROCESSOR])
    except (OSError, ValueError, IndexError):
        return None


@contextmanager
def held_to(core: int | None) -> Iterator[None]:
    """Inside, the calling thread stays on ``core``; other threads go where they like.

    Nothing is held without a core, where the system has no way to, or where that core is not ours.
    """
    if core is None or not CAN_HOLD or core not in (allowed := os.sched_getaffinity(0)):
        yield
        return
    with suppress(OSError):
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)
