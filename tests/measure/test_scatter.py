"""Blocks of chance sizes that stay, and no error where the system gives none."""

from __future__ import annotations

import mmap
import sys
from random import Random
from typing import Any

import pytest

from cnnprof.measure.processes import scatter as room
from cnnprof.measure.processes.scatter import LINE_BYTES, LINES, PAGES, scatter


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that are asked for, of addresses and of the heap; none is taken."""
    sizes: list[int] = []

    class Library:
        def __init__(self, name: None) -> None:
            self.malloc = lambda size: sizes.append(size)

    def mapped(file: int, size: int) -> Any:
        sizes.append(size)
        return size

    monkeypatch.setattr(room, "_kept", [])
    monkeypatch.setattr("mmap.mmap", mapped)
    monkeypatch.setattr("ctypes.CDLL", Library)
    return sizes


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the heap is moved on Linux alone")
def test_each_process_has_amounts_of_its_own_and_keeps_them(asked: list[int]) -> None:
    for seed in range(50):
        scatter(Random(seed))
    addresses, heap = asked[::2], asked[1::2]
    assert len(set(heap)) > 45
    assert all(0 < size < LINES * LINE_BYTES and size % LINE_BYTES == 0 for size in heap)
    assert all(0 < size < PAGES * mmap.PAGESIZE and size % mmap.PAGESIZE == 0 for size in addresses)
    assert len(room._kept) == 50


def test_where_no_addresses_are_left_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("mmap.mmap", refused)
    scatter(Random(0))
