"""Blocks of the C library: kept by the process, and mapped by themselves where they must begin alike."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from cnnprof.runtimes.allocator import keep_memory

CHANGES = ("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")  # what malloc does
PLACES = """
import ctypes
from cnnprof.runtimes.allocator import keep_memory, mapped

library = ctypes.CDLL(None)
library.malloc.argtypes, library.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]

def places():
    return [library.malloc(10_000_000 + 16 * i) % 4096 for i in range(4)]

{kept}
room = library.malloc(60_000_000)
below_the_top = library.malloc(200)
library.free(room)
print(mapped(places), places(), sep=" | ")
"""


def test_memory_is_kept_where_the_system_can_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert keep_memory() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_blocks_that_are_mapped_begin_alike_though_the_heap_has_room_for_them() -> None:
    inside, after = _places("keep_memory()")
    assert inside == "[16, 16, 16, 16]"
    assert after != inside


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_a_process_that_does_not_keep_its_memory_stays_as_it_is() -> None:
    assert _places("") == ["[16, 16, 16, 16]"] * 2


def _places(kept: str) -> list[str]:
    code = PLACES.format(kept=kept)
    env = {name: value for name, value in os.environ.items() if name not in CHANGES}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    return done.stdout.strip().split(" | ")
