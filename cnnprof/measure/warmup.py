"""Warming up: call until the latency holds still, within a share of the budget.

First calls allocate memory, choose kernels and fill caches; how many are needed differs by orders of
magnitude between runtimes, so the number is found, not fixed: two adjacent windows must agree in their
medians.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import median

from cnnprof.measure.session import Clock, Session

WINDOW_CALLS = 5
WINDOW_S = 0.02  # fast models need more calls before a window says anything
AGREEMENT = 0.02


@dataclass(frozen=True, slots=True)
class Warmup:
    """How a session came to rest. ``fastest_s``, its fastest call, is what turns are planned with: a
    neighbour during the warm-up would otherwise make for too few.
    """

    calls: int
    seconds: float
    first_call_s: float
    fastest_s: float
    steady: bool


def warm_up(session: Session, clock: Clock, allowance_s: float) -> Warmup:
    """Call until two adjacent windows agree or ``allowance_s`` seconds are spent; at least once."""
    start = clock.now()
    first = session.time(1)[0]
    calls, latency, fastest, steady = 1, first, first, False
    before: Sequence[float] = ()
    while not steady and (remaining := allowance_s - (clock.now() - start)) > 0:
        # The first call says little of the second, which is spared only models too slow for any warm-up.
        size = int(first <= allowance_s) if calls == 1 else _window_calls(latency, remaining)
        if size == 0:
            break
        window = session.time(size)
        calls += size
        latency, fastest = median(window), min(fastest, *window)
        steady = bool(before) and agree(before, window)
        before = window if len(window) > 1 else ()
    return Warmup(calls, clock.now() - start, first, fastest, steady)


def agree(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether two windows differ by no more than 2%, or than their own scatter explains.

    The scatter of a median of n calls is taken as 1.25 x 1.48 x MAD / sqrt(n), normal theory; one such error
    on each side is allowed, since a noisy machine would otherwise never count as steady.
    """
    low, high = sorted((median(before), median(after)))
    scatter = 1.86 * (
        _median_deviation(before) / sqrt(len(before)) + _median_deviation(after) / sqrt(len(after))
    )
    return high - low <= max(AGREEMENT * low, scatter)


def _window_calls(latency_s: float, remaining_s: float) -> int:
    """Calls of the next window: none where not even one fits what remains."""
    latency_s = max(latency_s, 1e-6)
    return min(max(WINDOW_CALLS, ceil(WINDOW_S / latency_s)), int(remaining_s / latency_s))


def _median_deviation(values: Sequence[float]) -> float:
    centre = median(values)
    return median(abs(value - centre) for value in values)
