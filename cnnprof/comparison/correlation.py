"""Which count orders the models as their latency does: the question behind "FLOPs are not speed"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnprof.comparison.bootstrap import bootstrap_intervals
from cnnprof.comparison.comparable import MIN_MODELS, enough_timed
from cnnprof.records.columns import columns
from cnnprof.records.grid import Setting
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Correlation

COLUMNS = (
    "macs",
    "flops",
    "memory_bytes",
    "memory_paper_bytes",
    "memory_fused_bytes",
    "activations",
    "params",
    "roofline_ms",
)


def correlations(profiles: Sequence[Profile]) -> tuple[Correlation, ...]:
    """Rank correlations of each count with the median latency, over the models timed at one setting.

    Spearman's rho (1904; ties share their mean rank) and Kendall's tau-b (1945), as in ``scipy.stats``. None for fewer
    than five timed models or for latencies that do not compare; a count that not all models have, or that is the same
    in all, is left out. 1 means that the count orders the models exactly as the clock does.
    """
    return tuple(
        found
        for setting, places in enough_timed(profiles)
        for found in _at(setting, [profiles[place] for place in places])
    )


def _at(setting: Setting, timed: Sequence[Profile]) -> tuple[Correlation, ...]:
    latencies = [profile.timing.median_s for profile in timed if profile.timing is not None]
    rows = [columns(profile) for profile in timed]
    known = {name: values for name in COLUMNS if len(values := _column(rows, name)) == len(rows)}
    return rank_correlations(known, latencies, setting.runtime, setting.dtype, setting.batch)


def _column(rows: Sequence[Mapping[str, object]], name: str) -> list[float]:
    return [float(value) for row in rows if isinstance(value := row[name], int | float)]


def rank_correlations(
    counts: Mapping[str, Sequence[float]],
    times: Sequence[float],
    runtime: str = "",
    dtype: str = "",
    batch: int | None = None,
) -> tuple[Correlation, ...]:
    """Spearman's rho and Kendall's tau-b of each count with the times, with bootstrap intervals over the models.

    None for fewer than five models; a count that is the same for all orders nothing and is left out. ``runtime``,
    ``dtype`` and ``batch`` are what the times are of, as far as that is known.
    """
    if len(times) < MIN_MODELS or len(set(times)) < 2:
        return ()
    from scipy.stats import kendalltau, spearmanr

    telling = {name: values for name, values in counts.items() if len(set(values)) > 1}
    intervals = bootstrap_intervals(list(telling.values()), times)
    found = []
    for (name, values), ends in zip(telling.items(), intervals, strict=True):
        (rho_low, rho_high), (tau_low, tau_high) = (end or (None, None) for end in ends)
        rho, tau = float(spearmanr(values, times).statistic), float(kendalltau(values, times).statistic)
        bounds = (rho, rho_low, rho_high, tau, tau_low, tau_high)
        found.append(Correlation(name, len(times), *bounds, runtime, dtype, batch))
    return tuple(found)
