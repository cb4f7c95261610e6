"""When a pair is known well enough, and when only more processes can tell more of it."""

from __future__ import annotations

from collections.abc import Iterable
from math import log1p, sqrt

from cnnprof.measure.samples import Samples
from cnnprof.measure.statistics.medians import centre_estimate

CLEAR = 2  # half-widths from 1: to stop at the first glimpse of a difference would find too many
CLOSE = 1 / 4  # of the precision, for a pair so close that its verdict hangs on the rest

Pairs = Iterable[tuple[int, int]]
"""The ratios that are reported, each a model and what its ratio is to."""


def is_narrow(deviation: float, half_width: float, precision: float) -> bool:
    """Whether a log ratio's interval is as narrow as ends a measuring of ``precision``, a fraction."""
    clear = abs(deviation) > CLEAR * half_width
    return half_width <= log1p(precision if clear else precision * CLOSE)


def are_narrow(samples: Samples, pairs: Pairs, precision: float) -> bool:
    """Whether all the reported ``pairs`` are narrow."""
    estimates = (samples.ratio(index, base) for index, base in pairs)
    return all(is_narrow(found.value, found.half_width, precision) for found in estimates)


def takes_more_processes(samples: Samples, pairs: Pairs, spent: float, precision: float) -> bool:
    """Whether some pair is neither clear nor narrow, and more time in as many processes would tell little more of it.

    ``spent`` is the share of the budget that the samples took.
    """
    return any(_takes_more(samples, index, base, spent, precision) for index, base in pairs)


def _takes_more(samples: Samples, index: int, base: int, spent: float, precision: float) -> bool:
    estimate = samples.ratio(index, base)
    within = centre_estimate([log for group in samples.groups(index, base) for log in group])
    width = estimate.half_width
    if abs(estimate.value) > CLEAR * width or is_narrow(estimate.value, width, precision):
        return False
    return sqrt(spent) * within.half_width < width / 2
