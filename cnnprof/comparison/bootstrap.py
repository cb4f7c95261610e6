"""Bootstrap intervals of rank correlations: how much they hang on which models were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RESAMPLES = 2000
SEED = 0
LEAST = 0.9  # of the resamples must order something
LEVEL = 95.0
ALIKE = 1e-9  # rounding: correlations of one order differ by less
BLOCK = 4_000_000  # signs of pairs that are held at once

Interval = tuple[float, float]


def bootstrap_intervals(
    columns: Sequence[Sequence[float]], latencies: Sequence[float]
) -> list[tuple[Interval | None, Interval | None]]:
    """95% percentile intervals of Spearman's rho and Kendall's tau-b with the latency, for each column.

    Models are drawn with replacement (Efron 1979), the same 2000 times for every column and run: seeded. A draw in
    which all values are alike has no correlation and does not count; None where more than a tenth are such,
    and where every draw says the same: of few models in perfect order the draws are in order too, whatever others are.
    """
    import numpy as np

    models = len(latencies)
    draws = np.random.default_rng(SEED).integers(0, models, (RESAMPLES, models))
    clock = np.asarray(latencies, dtype=np.float64)
    found = []
    for column in columns:
        values = np.asarray(column, dtype=np.float64)
        found.append((_interval(_spearman(values, clock, draws)), _interval(_kendall(values, clock, draws))))
    return found


def _spearman(values: Floats, clock: Floats, draws: NDArray[np.int64]) -> Floats:
    """Pearson's correlation of mean ranks, one for each draw; nan where either is constant."""
    import numpy as np
    from scipy.stats import rankdata

    x, y = (rankdata(of[draws], axis=1) for of in (values, clock))
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray((x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)))


def _kendall(values: Floats, clock: Floats, draws: NDArray[np.int64]) -> Floats:
    """tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied in either."""
    import numpy as np

    x, y = (np.sign(of[:, None] - of[None, :]).astype(np.int8) for of in (values, clock))
    parts = []
    for block in np.array_split(draws, max(1, draws.size * draws.shape[1] // BLOCK)):
        rows, columns = block[:, :, None], block[:, None, :]
        of_x, of_y = x[rows, columns], y[rows, columns]
        agree = (of_x * of_y).sum(axis=(1, 2), dtype=np.int64)
        untied = [np.abs(of).sum(axis=(1, 2), dtype=np.int64) for of in (of_x, of_y)]
        with np.errstate(invalid="ignore"):
            parts.append(agree / np.sqrt(untied[0].astype(np.float64) * untied[1]))
    return np.concatenate(parts)


def _interval(found: Floats) -> Interval | None:
    import numpy as np

    known = found[~np.isnan(found)]
    if len(known) < LEAST * len(found):
        return None
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return (float(low), float(high)) if high - low > ALIKE else None
