"""Where the C library takes memory from, and whether it gives it back between two forward passes.

glibc gives the top of its heap back when a large block there is freed, and fetches it anew, page by page, at
the next call. Whether it does depends on what the process did before: the same MobileNet V2 took either 0 or
3496 page faults a call, 13 against 18 ms, from one instance to the next. Ratios of two models then depend on
the process's history.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
TRIM_BYTES = 2**31 - 1
MMAP_BYTES = (2**30, 2**25)  # older versions refuse more than 32 MiB
OWN_BYTES = 2**17  # glibc's own

Made = TypeVar("Made")

_is_kept = False


def keep_memory() -> bool:
    """Let freed memory stay with this process, for good; call it before models are built. False where it
    cannot.

    See mallopt(3). It changes neither results nor the peak, only what is given back.
    """
    global _is_kept
    _is_kept = _set(M_TRIM_THRESHOLD, TRIM_BYTES) and _all_from_heap()
    return _is_kept


def mapped(make: Callable[[], Made]) -> Made:
    """What ``make`` returns, every large block that it allocates mapped by itself: it begins 16 bytes into a page.

    So it does at first, from 128 KiB on, in a process that does not keep its memory, which is left as it is. On the
    heap a block begins at any multiple of 16 bytes, by what was allocated before it: in one process of four at a line
    of the cache. Where threads share one heap (MALLOC_ARENA_MAX=1), take over that of a large thread that has ended, or
    another allocator is loaded, that stays so.
    """
    if not _is_kept:
        return make()
    _set(M_MMAP_THRESHOLD, OWN_BYTES)
    try:
        # A block is mapped where the heap has no room for it. A new thread has a heap of its own, most often a new one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(make).result()
    finally:
        _all_from_heap()


def _all_from_heap() -> bool:
    return any(_set(M_MMAP_THRESHOLD, size) for size in MMAP_BYTES)


def _set(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(option, value) == 1)
    except (OSError, AttributeError):
        return False
