"""How models stand to each other: pairs of times, orders, and what the counts say of those.

Places are those of ``Comparison.profiles``; names stand beside them so that a saved file can be read without counting.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnprof.records.timing import Ratio


@dataclass(frozen=True, slots=True)
class Pair:
    """Time of the profile at ``place`` over time of the one at ``base``, from turns of the same rounds.

    The two are of one setting, or of one model on two engines or at two batches.
    """

    place: int
    base: int
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Order:
    """The models of one setting from the fastest to the slowest.

    ``resolved[i]`` tells whether ``places[i]`` is known to be faster than ``places[i + 1]``.
    """

    runtime: str
    dtype: str
    batch: int
    places: tuple[int, ...]
    models: tuple[str, ...]
    resolved: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Rank correlation of one count with the latency, over the models of one setting.

    ``rho`` is Spearman's, ``tau`` Kendall's tau-b; ``low`` to ``high`` are 95% bootstrap intervals over models, None
    where too few resamples order anything. ``runtime`` and ``dtype`` are empty and ``batch`` None where they are not
    known, as of latencies that others published.
    """

    column: str
    models: int
    rho: float
    rho_low: float | None = None
    rho_high: float | None = None
    tau: float | None = None
    tau_low: float | None = None
    tau_high: float | None = None
    runtime: str = ""
    dtype: str = ""
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Misjudged:
    """One model that multiply-adds rank otherwise than the clock; ranks are from 1, the least first.

    ``against`` is the model for which that costs most: ``macs_ratio`` times the multiply-adds of this one, yet ``time``
    (a ratio of paired turns) and ``seconds`` (a difference of medians) to the other side.
    """

    place: int
    model: str
    macs_rank: int
    latency_rank: int
    against: str
    macs_ratio: float
    time: Ratio
    seconds: float


@dataclass(frozen=True, slots=True)
class Misjudgement:
    """What choosing by multiply-adds gets wrong at one setting, the largest displacement first.

    ``pairs`` are those whose multiply-adds differ and whose times are told apart; ``wrong`` of them run against the
    multiply-adds. ``unresolved`` pairs of different multiply-adds could not be told apart.
    """

    runtime: str
    dtype: str
    batch: int
    models: int
    pairs: int
    wrong: int
    unresolved: int
    worst: tuple[Misjudged, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontMember:
    """One model with its published metric and where it stands on both fronts.

    ``by_macs`` is ``on`` or ``off``; ``by_latency`` is ``on``, ``off`` or ``undecided``, where it hangs on a pair that
    is not resolved. ``behind_macs`` and ``behind_latency`` name a model that is at least as accurate and cheaper (or
    faster), or for ``undecided`` the one that may be.
    """

    place: int
    model: str
    metric: float
    by_macs: str
    by_latency: str
    behind_macs: str = ""
    behind_latency: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """The Pareto fronts of one published metric against multiply-adds and against latency, at one setting.

    ``members`` are all models of that task and metric, the most accurate first.
    """

    task: str
    metric_name: str
    runtime: str
    dtype: str
    batch: int
    members: tuple[FrontMember, ...]
