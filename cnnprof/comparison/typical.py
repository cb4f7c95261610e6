"""Typical times of a network over the rounds of a measurement, and over rounds drawn anew from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnprof.records.explanation import Amount, KindWork, TimedNetwork

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 2000
SEED = 0


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

    length = max(1, round(rounds ** (1 / 3)))
    starts = np.random.default_rng(SEED).integers(0, max(rounds, 1), (DRAWS, -(-rounds // length)))
    runs = (starts[:, :, None] + np.arange(length)).reshape(DRAWS, -1)[:, :rounds] % max(rounds, 1)
    return np.vstack([np.arange(rounds)[None, :], runs])


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


def amount(series: Floats, intervals: bool) -> Amount:
    """The first draw's value, between the 2.5th and the 97.5th percentile of the others."""
    import numpy as np

    if not intervals:
        return Amount(float(series[0]))
    low, high = np.percentile(series[1:], [2.5, 97.5])
    return Amount(float(series[0]), float(low), float(high))
