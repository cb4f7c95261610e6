"""The one place where a forward pass is timed on the host."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter


def seconds_of(call: Callable[[], object], calls: int) -> list[float]:
    """Seconds of each of ``calls`` consecutive calls, read from the monotonic clock around each.

    What a call returns is let go within its time, as it is in a loop over pictures.
    """
    seconds = []
    for _ in range(calls):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return seconds
