"""All that is said of profiles set side by side, in one record."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.comparison.correlation import correlations
from cnnprof.comparison.engines import grid_sentences
from cnnprof.comparison.misjudged import misjudgements
from cnnprof.comparison.order import orders
from cnnprof.comparison.pareto import fronts
from cnnprof.comparison.sentences import sentences
from cnnprof.records.grid import setting_of
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Measurement


def stand(
    profiles: Sequence[Profile], baseline: int, measurement: Measurement | None, pairs: Sequence[Pair]
) -> Comparison:
    """The comparison: sentences, orders, and what the counts say of the times."""
    return Comparison(
        profiles=tuple(profiles),
        baseline=baseline,
        measurement=measurement,
        sentences=_sentences(profiles, baseline, measurement, pairs),
        correlations=correlations(profiles),
        pairs=tuple(pairs),
        orders=orders(profiles, pairs, baseline),
        misjudged=misjudgements(profiles, pairs),
        fronts=fronts(profiles, pairs),
        warnings=measurement.warnings if measurement else (),
    )


def _sentences(
    profiles: Sequence[Profile], baseline: int, measurement: Measurement | None, pairs: Sequence[Pair]
) -> tuple[str, ...]:
    """One sentence a model at one setting; of a grid only what its times say: its counts hardly differ by setting."""
    if len(set(map(setting_of, profiles))) < 2:
        return sentences(profiles, baseline)
    return grid_sentences(profiles, pairs, baseline) if measurement else ()
