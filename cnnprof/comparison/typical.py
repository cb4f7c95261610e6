"""Typical times of a network over the rounds of a measurement, and over rounds drawn anew from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from cnnprof.records.explanation import Amount, KindWork, TimedNetwork

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 2000
SEED = 0
# Fewer say nothing of how they spread: of 6, intervals of 95% held the truth in 87 to 89% of cases.
LEAST_ROUNDS = 8


def shared_rounds(networks: Sequence[TimedNetwork]) -> list[int]:
    """Rounds in which every network was called, with counters and without, and that statistics may use."""
    seen = [set(rounds) for each in networks for rounds in (each.rounds, each.profiled_rounds)]
    return sorted(set.intersection(*seen) - {-1})


def draw_rounds(rounds: int) -> NDArray[np.int64]:
    """Places of rounds: the first row is all of them as they are, the others are drawn with replacement.

    Drawn in runs of neighbours, the cube root of their number long: what disturbs a round disturbs the next one too,
    and rounds drawn one by one would hide that (Kuensch 1989; the circle of Politis and Romano 1992).
    """
    import numpy as np

    length = _run_length(rounds)
    starts = np.random.default_rng(SEED).integers(0, max(rounds, 1), (DRAWS, _runs(rounds)))
    runs = (starts[:, :, None] + np.arange(length)).reshape(DRAWS, -1)[:, :rounds] % max(rounds, 1)
    return np.vstack([np.arange(rounds)[None, :], runs])


def _run_length(rounds: int) -> int:
    length: int = round(rounds ** (1 / 3))
    return max(1, length)


def _runs(rounds: int) -> int:
    return -(-rounds // _run_length(rounds))


def tail_of(rounds: int) -> float | None:
    """The share of draws beyond either end of a 95% interval; None of too few rounds for one.

    It is less than 2.5%, since draws of n runs spread less than new measurements do: by sqrt((n - 1) / n), and as a
    normal distribution where Student's is due (the expanded percentile interval of Hesterberg 2015, "What teachers
    should know about the bootstrap"). In simulations of 8 to 100 rounds with outliers, also of neighbours that are
    alike, such intervals held the truth in 94 to 98% of cases; those of the middle 95% in 87 to 94%.
    """
    if rounds < LEAST_ROUNDS:
        return None
    from scipy.special import ndtr, stdtrit

    runs = _runs(rounds)
    return float(ndtr(sqrt(runs / (runs - 1)) * stdtrit(runs - 1, 0.025)))


class Typical:
    """One network's typical times, one value for each draw: means over the middle half of its rounds."""

    def __init__(self, network: TimedNetwork, rounds: Sequence[int], draws: NDArray[np.int64]) -> None:
        import numpy as np

        self.network, self._rounds, self._draws = network, rounds, draws
        self.kinds = {kind.kind: kind for kind in network.kinds}
        plain = _by_round(network.seconds, network.rounds, rounds)
        self._total = _by_round(network.profiled, network.profiled_rounds, rounds)
        self.call = _middle_mean(plain, plain, draws)
        layers = {kind.kind: self._profiled(kind.seconds) for kind in network.kinds}
        inside = sum(layers.values(), start=0.0 * self.call)
        # Counters that slow the layers themselves may make these longer than the call was without.
        self.scale = self.call / np.maximum(inside, self.call)
        self.times = {kind: seconds * self.scale for kind, seconds in layers.items()}
        self.rest = self.call - inside * self.scale

    def time(self, kind: str) -> Floats:
        """Seconds of a kind, 0 where the network has none of it."""
        import numpy as np

        return self.times.get(kind, np.zeros_like(self.call))

    def points(self, kind: str) -> list[tuple[float, Floats]]:
        """Work and times in seconds of each of its layers; the times add up to ``time``, so they shrink with it."""
        return [(work, self._profiled(seconds) * self.scale) for work, seconds in self.work(kind).points]

    def work(self, kind: str) -> KindWork:
        """What the network has of a kind."""
        return self.kinds.get(kind, KindWork(kind, 0, 0, 0, 0.0, 0.0, ()))

    def _profiled(self, seconds: Sequence[float]) -> Floats:
        """Typical seconds of a part of the profiled calls: over the rounds in which the whole call was typical."""
        of_part = _by_round(seconds, self.network.profiled_rounds, self._rounds)
        return _middle_mean(of_part, self._total, self._draws)


def _by_round(seconds: Sequence[float], of: Sequence[int], rounds: Sequence[int]) -> Floats:
    """The mean of the calls of each round."""
    import numpy as np

    values, places = np.asarray(seconds, dtype=np.float64), np.asarray(of)
    return np.asarray([values[places == number].mean() for number in rounds])


def _middle_mean(values: Floats, order: Floats, draws: NDArray[np.int64]) -> Floats:
    """Mean of ``values`` over the middle half of each draw by ``order``: robust, and the means of parts add up."""
    import numpy as np

    quarter = draws.shape[1] // 4
    ranked = np.take_along_axis(draws, np.argsort(order[draws], axis=1, kind="stable"), axis=1)
    return np.asarray(values[ranked[:, quarter : draws.shape[1] - quarter]].mean(axis=1))


def amount(series: Floats, tail: float | None) -> Amount:
    """The first draw's value, in the interval of the others that leaves out a ``tail`` at either end."""
    import numpy as np

    if tail is None:
        return Amount(float(series[0]))
    low, high = np.percentile(series[1:], [100 * tail, 100 - 100 * tail])
    return Amount(float(series[0]), float(low), float(high))
