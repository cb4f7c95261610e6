"""What timing sets for the whole process, as it was found: a network of the caller's own is timed in the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

DENORMAL = 1e-40  # in float32


@contextmanager
def with_threads(threads: int) -> Iterator[None]:
    """Inside, torch computes with that many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def threads_and_denormals() -> Iterator[None]:
    """torch's thread count, and whether denormal numbers count as zero, are afterwards what they were before."""
    threads, flushed = torch.get_num_threads(), flushes_denormals()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)


def flushes_denormals() -> bool:
    """Torch sets it and does not tell: found by computing with one."""
    return not bool(torch.full((1,), DENORMAL, dtype=torch.float32, device="cpu").mul(1.0).item())
