"""Which count orders the models as their latency does: the question behind "FLOPs are not speed"."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.comparison.comparable import all_comparable
from cnnprof.records.profile import Correlation, Profile

COLUMNS = ("macs", "memory_bytes", "params")
MIN_MODELS = 5  # with fewer, one swap of neighbours decides the figure


def correlations(profiles: Sequence[Profile]) -> tuple[Correlation, ...]:
    """Spearman's rank correlation of each count with the median latency, over the models that were timed.

    Empty for fewer than five timed models or for latencies that do not compare; a count that is the same in
    all models orders nothing and is left out. 1 means the count orders the models exactly as the clock does.
    Source: Spearman 1904, as in ``scipy.stats.spearmanr`` (ties share their mean rank).
    """
    timed = [profile for profile in profiles if profile.timing is not None]
    if len(timed) < MIN_MODELS or not all_comparable(timed):
        return ()
    latencies = [profile.timing.median_s for profile in timed if profile.timing is not None]
    found = []
    for column in COLUMNS:
        rho = _rank_correlation([int(getattr(profile.counts, column)) for profile in timed], latencies)
        if rho is not None:
            found.append(Correlation(column, rho, len(timed)))
    return tuple(found)


def _rank_correlation(counts: Sequence[int], latencies: Sequence[float]) -> float | None:
    if len(set(counts)) < 2 or len(set(latencies)) < 2:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(counts, latencies).statistic)
