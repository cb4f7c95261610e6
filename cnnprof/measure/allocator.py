"""Keep the C library from returning memory to the system between two forward passes.

glibc gives the top of its heap back when a large block there is freed, and fetches it anew, page by page, at
the next call. Whether it does depends on what the process did before: the same MobileNet V2 took either 0 or
3496 page faults a call, 13 against 18 ms, from one instance to the next. Ratios of two models then depend on
the process's history.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
TRIM_BYTES = 2**31 - 1
MMAP_BYTES = (2**30, 2**25)  # older versions refuse more than 32 MiB


def keep_memory() -> bool:
    """Let freed memory stay with this process, for good; call it before models are built. False where it
    cannot.

    See mallopt(3). It changes neither results nor the peak, only what is given back.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    trimmed = mallopt(M_TRIM_THRESHOLD, TRIM_BYTES) == 1
    return trimmed and any(mallopt(M_MMAP_THRESHOLD, size) == 1 for size in MMAP_BYTES)
