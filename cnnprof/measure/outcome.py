"""What became of every model of a measuring: the measurement of those that could be timed, and why others could not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cnnprof.errors import CnnprofError
from cnnprof.measure.evaluate import evaluate
from cnnprof.measure.lane import Lane
from cnnprof.measure.samples import Samples, gather
from cnnprof.records.timing import Measurement


@dataclass(frozen=True, slots=True)
class Outcome:
    """``places`` are those of ``measurement``'s models among all that were asked for; ``failures`` say why the others
    could not be timed. ``measurement`` is None where none could.
    """

    measurement: Measurement | None
    places: tuple[int, ...]
    failures: Mapping[int, CnnprofError]


def conclude(
    lanes: Sequence[Lane],
    baseline: int,
    *,
    spent_s: float,
    startup_s: float,
    interrupted: bool,
    warnings: Sequence[str],
) -> Outcome:
    """The outcome for all ``lanes``, the twin among them; the others are set against the model at ``baseline``."""
    asked = [place for place, lane in enumerate(lanes) if not lane.is_twin]
    failures = {place: error for place in asked if (error := lanes[place].error) is not None}
    places = timed_places(lanes)
    if not places:
        return Outcome(None, (), failures)
    measurement = evaluate(
        samples_of(lanes, baseline),
        spent_s=spent_s,
        startup_s=startup_s,
        interrupted=interrupted,
        warnings=[*warnings, *_lost(lanes, baseline)],
    )
    return Outcome(measurement, tuple(places), failures)


def timed_places(lanes: Sequence[Lane]) -> list[int]:
    """The places of the models that did not fail."""
    return [place for place, lane in enumerate(lanes) if not lane.is_twin and lane.error is None]


def samples_of(lanes: Sequence[Lane], baseline: int) -> Samples:
    """What was taken of the models that did not fail, and of the twin where it still runs."""
    places = timed_places(lanes)
    twins = [lane for lane in lanes if lane.is_twin and lane.runs and lane.turns]
    taken = [*(lanes[place] for place in places), *twins]
    return gather(
        [lane.turns for lane in taken],
        [lane.warmup() for lane in taken],
        baseline=places.index(baseline) if baseline in places else None,
        has_twin=bool(twins),
    )


def _lost(lanes: Sequence[Lane], baseline: int) -> list[str]:
    """What a reader has to do without: the ratios, or the control."""
    control = lanes[baseline].name
    if lanes[baseline].error is not None:
        others = any(lanes[lane.base].error is None for lane in lanes)
        lost = f"no control: a second {control}" if others else f"no ratios: {control}, the baseline,"
        return [f"{lost} could not be timed"]
    errors = [lane.error for lane in lanes if lane.is_twin and lane.error is not None]
    return [f"no control: a second {control} could not be timed: {error.message}" for error in errors]
