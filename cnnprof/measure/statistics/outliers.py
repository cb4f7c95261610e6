"""Calls that took much longer or shorter than the others: counted, never dropped for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import quantiles

from cnnprof.records.timing import Outliers

MILD, SEVERE = 1.5, 3.0  # fences, in ranges of the middle half
FEWEST = 8  # calls of a process: of fewer the quartiles are guesses


def classify(processes: Iterable[Sequence[float]]) -> Outliers:
    """The outliers among the calls (seconds) of each process, held against that process alone: what processes differ
    by makes none.
    """
    fast = slow = very_slow = 0
    for calls in processes:
        if len(calls) < FEWEST:
            continue
        low, _, high = quantiles(calls, n=4, method="inclusive")
        reach = high - low
        fast += sum(each < low - MILD * reach for each in calls)
        far = sum(each > high + SEVERE * reach for each in calls)
        slow += sum(each > high + MILD * reach for each in calls) - far
        very_slow += far
    return Outliers(fast, slow, very_slow)
