"""Where a process's memory lies, left to chance.

The length of a path or of a variable of the environment moves every block of memory that follows, and with it the time
of a network. That is the same for all processes of a session, however many there are: of two compiled programs one took
0.97 to 1.00 of the other's time in eight sessions begun in one folder, 1.02 to 1.04 in five begun in another. Moved by
chance in each process, it is part of what processes differ by, which intervals allow for (Mytkowicz et al. 2009,
"Producing wrong data without doing anything obviously wrong", section 6.1). What moved those two was found since (their
weights, see ``runtimes.allocator``); what else lies where by such an accident is not known.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from contextlib import suppress
from random import Random

LINE_BYTES = 64  # of a cache: what is read and written together
LINES = 2**14  # the heap moves by up to 1 MiB
PAGES = 2**16  # what is mapped moves by up to 256 MiB, of addresses alone

_kept: list[mmap.mmap] = []


def scatter(draw: Random) -> None:
    """Move what this process allocates from now on by random amounts, for good; nothing where it cannot."""
    with suppress(OSError, ValueError, OverflowError):  # a limit on addresses
        _kept.append(mmap.mmap(-1, mmap.PAGESIZE * draw.randrange(1, PAGES)))
    if sys.platform.startswith("linux"):
        allocate = ctypes.CDLL(None).malloc
        allocate.argtypes, allocate.restype = [ctypes.c_size_t], ctypes.c_void_p
        allocate(LINE_BYTES * draw.randrange(1, LINES))
