"""Ratios of any two models of a session, not only to its baseline: from the turns that the record keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnprof.measure.statistics.between import Spread
from cnnprof.measure.statistics.disturbance import disturbed_rounds, held_down
from cnnprof.measure.statistics.ratio import by_generation, pair_ratio
from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Measurement, Timing, Turn


def paired_ratios(
    measurement: Measurement,
    timings: Sequence[Timing | None],
    wanted: Iterable[tuple[int, int]],
    baseline: int | None = None,
) -> tuple[Pair, ...]:
    """Time of one over time of the other for each ``(place, base)`` of ``timings`` that is wanted.

    By the same rule as the ratios to the baseline: rounds in which both ran undisturbed, the session's floor, and for
    the model at ``baseline`` both of its instances. A pair without such a round is left out.
    """
    trusted = are_trusted(measurement)
    taken = _kept if trusted else held_down
    twin = {} if baseline is None else {baseline: taken(measurement.twin)}
    found = []
    for place, base in wanted:
        timing, other = timings[place], timings[base]
        if timing is None or other is None:
            continue
        groups = _groups(
            _instances(taken(timing.turns), twin.get(place)), _instances(taken(other.turns), twin.get(base))
        )
        if groups:
            ratio = pair_ratio(
                groups,
                _shared(measurement),
                measurement.floor,
                trusted=trusted,
                spent_s=measurement.spent_s,
                instances=2 if twin.get(place) or twin.get(base) else 1,
            )
            found.append(Pair(place, base, ratio))
    return tuple(found)


def _instances(turns: Sequence[Turn], twin: Sequence[Turn] | None) -> list[Sequence[Turn]]:
    return [turns, *([twin] if twin else [])]


def _groups(above: Sequence[Sequence[Turn]], below: Sequence[Sequence[Turn]]) -> list[list[float]]:
    """Log ratios by generation, of one instance over several or of several over one."""
    if len(above) == 1:
        return by_generation(above[0], *below)
    return [[-value for value in group] for group in by_generation(below[0], *above)]


def session_turns(measurement: Measurement) -> list[Turn]:
    """All turns that a session's rounds are judged by, the twin's too.

    Without the twin's another round than the session's may seem disturbed.
    """
    return [*(turn for timing in measurement.timings for turn in timing.turns), *measurement.twin]


def are_trusted(measurement: Measurement) -> bool:
    """Whether verdicts may be drawn: no round was disturbed, or those that were are dropped."""
    turns = session_turns(measurement)
    return any(turn.dropped for turn in turns) or not disturbed_rounds(turns)


def _shared(measurement: Measurement) -> Spread | None:
    if measurement.process_sd is None:
        return None
    return Spread(measurement.process_sd, measurement.process_freedom)


def _kept(turns: Iterable[Turn]) -> list[Turn]:
    return [turn for turn in turns if not turn.dropped]
