"""When a pair is known well enough, and when only more processes than were asked for can tell more of it."""

from __future__ import annotations

from math import log1p, sqrt

from cnnprof.measure.ratio import MIN_PAIRS
from cnnprof.measure.samples import Samples
from cnnprof.measure.statistics import centre_estimate

LEAST_KNOWN = 3  # processes of each model before what they differ by is known well enough to plan by
MOST = 3  # times as many as asked for
CLEAR = 2  # half-widths from 1: to stop at the first glimpse of a difference would find too many
CLOSE = 1 / 4  # of the precision, for a pair so close that its verdict hangs on the rest


def is_narrow(deviation: float, half_width: float, precision: float) -> bool:
    """Whether a log ratio's interval is as narrow as ends a measuring of ``precision``, a fraction."""
    clear = abs(deviation) > CLEAR * half_width
    return half_width <= log1p(precision if clear else precision * CLOSE)


def most_processes(
    asked: int, done: int, *, left_s: float, budget_s: float, round_s: float, startup_s: float
) -> int:
    """How many processes of each model there may be at most, at least as many as ``asked`` for.

    Those that are left share ``left_s`` of the budget, and each has to have its rounds; starting those that nobody
    asked for may take as long as the budget, where the first ``done`` took ``startup_s``.
    """
    if asked <= LEAST_KNOWN:
        return asked
    have_rounds = done + int(left_s / (MIN_PAIRS * round_s))
    can_start = asked + int(budget_s * max(1, done) / max(startup_s, 1e-9))
    return max(asked, min(MOST * asked, have_rounds, can_start))


def takes_more_processes(samples: Samples, spent: float, precision: float) -> bool:
    """Whether some pair is neither clear nor narrow, and more time in as many processes would tell little more of it.

    ``spent`` is the share of the budget that the samples took.
    """
    others = [index for index in range(samples.models) if index != samples.baseline]
    return samples.baseline is not None and any(
        _takes_more(samples, index, spent, precision) for index in others
    )


def _takes_more(samples: Samples, index: int, spent: float, precision: float) -> bool:
    estimate = samples.ratio(index)
    within = centre_estimate([log for group in samples.groups(index) for log in group])
    width = estimate.half_width
    if abs(estimate.value) > CLEAR * width or is_narrow(estimate.value, width, precision):
        return False
    return sqrt(spent) * within.half_width < width / 2
