"""From turns to the measurement: a pure function, so that the same samples always give the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from cnnprof.measure.disturbance import CAUSES, REMEDIES, disturbed_rounds, own_waiting
from cnnprof.measure.processes import (
    Spread,
    latency_estimate,
    process_medians,
    ratio_estimate,
    shared_spread,
)
from cnnprof.measure.ratio import MIN_PAIRS, by_generation, noise_floor, pair_ratio
from cnnprof.measure.statistics import Estimate, p90
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Measurement, Ratio, Timing, Turn

FAULT_S = 1e-6  # 0.5 to 1.5 us, measured
BASELINE = Ratio(ratio=1.0, low=1.0, high=1.0, verdict="baseline", pairs=0)


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything taken in a session: per model its turns and warm-up; the twin, if any, is the last model.

    ``dropped`` names the rounds no statistic uses, out of ``disturbed``. ``trusted`` is False where so few
    rounds were undisturbed that the disturbed ones had to be used; ``reasons`` say what disturbed them.
    """

    turns: tuple[tuple[Turn, ...], ...]
    warmups: tuple[Warmup, ...]
    has_twin: bool
    baseline: int | None
    dropped: frozenset[int]
    trusted: bool
    disturbed: int
    reasons: tuple[str, ...]

    @property
    def models(self) -> int:
        """How many were asked for, the twin not counted."""
        return len(self.turns) - self.has_twin

    def kept(self, index: int) -> list[Turn]:
        """The turns of a model that statistics may use."""
        return [turn for turn in self.turns[index] if turn.round not in self.dropped]

    def groups(self, index: int) -> list[list[float]]:
        """Model ``index`` against the baseline and its twin: the log ratios of each generation of processes."""
        return by_generation(self.kept(index), *map(self.kept, self.instances()))

    def instances(self) -> list[int]:
        """The baseline, and the second instance of it where a twin took part; none without a baseline."""
        twin = [self.models] if self.has_twin else []
        return [] if self.baseline is None else [self.baseline, *twin]

    def ratio(self, index: int) -> Estimate:
        """The log ratio of model ``index`` to the baseline; both must have run together."""
        return ratio_estimate(self.groups(index), self.spread(), len(self.instances()))

    def spread(self) -> Spread | None:
        """What processes of a model differ by, from all models and the twin."""
        return shared_spread([self.kept(index) for index in range(len(self.turns))])

    def twin(self) -> Estimate | None:
        """The baseline against itself, where a twin took part."""
        if not self.has_twin or self.baseline is None:
            return None
        groups = by_generation(self.kept(self.models), self.kept(self.baseline))
        return ratio_estimate(groups, self.spread()) if groups else None

    def floor(self) -> float | None:
        """The smallest deviation from 1 that stands out from the baseline against itself."""
        return noise_floor(self.twin(), self.processes())

    def processes(self) -> int:
        """How many of each model there were."""
        return len({turn.generation for of_model in self.turns for turn in of_model})


def gather(
    turns: Sequence[Sequence[Turn]], warmups: Sequence[Warmup], *, baseline: int | None, has_twin: bool
) -> Samples:
    """Judge the rounds by their witnesses and mark the turns of those that are dropped.

    Where fewer than 6 undisturbed rounds would remain, all are used and none of the results is trusted: the
    figures are what there is, but a verdict would be one on the neighbours.
    """
    reasons = disturbed_rounds(turn for of_model in turns for turn in of_model)
    rounds = {turn.round for turn in turns[baseline or 0]}
    trusted = not reasons or len(rounds - reasons.keys()) >= MIN_PAIRS
    dropped = reasons if trusted else {}
    marked = tuple(
        tuple(
            replace(turn, dropped=dropped[turn.round]) if turn.round in dropped else turn for turn in of_model
        )
        for of_model in turns
    )
    return Samples(
        marked,
        tuple(warmups),
        has_twin,
        baseline,
        frozenset(dropped),
        trusted,
        len(reasons),
        tuple(sorted({CAUSES[reason] for reason in reasons.values()})),
    )


def evaluate(
    samples: Samples,
    *,
    spent_s: float,
    startup_s: float = 0.0,
    interrupted: bool = False,
    warnings: Sequence[str] = (),
) -> Measurement:
    """Latency of every model, ratio of each to the baseline, and the floor that the twin shows."""
    spread = samples.spread()
    rounds = len({turn.round for of_model in samples.turns for turn in of_model})
    return Measurement(
        timings=tuple(_timing(samples, index) for index in range(samples.models)),
        ratios=ratios_of(samples, spent_s),
        rounds=rounds,
        dropped_rounds=len(samples.dropped),
        spent_s=spent_s,
        floor=samples.floor(),
        interrupted=interrupted,
        warnings=(*warnings, *_warnings(samples, rounds)),
        processes=samples.processes(),
        process_sd=None if spread is None else spread.sd,
        process_freedom=0 if spread is None else spread.freedom,
        startup_s=startup_s,
        twin=samples.turns[-1] if samples.has_twin else (),
    )


def _timing(samples: Samples, index: int) -> Timing:
    kept = samples.kept(index) or list(samples.turns[index])
    values = [seconds for turn in kept for seconds in turn.counted]
    groups = _of_each_process(kept)
    middle, medians = latency_estimate(groups), process_medians(groups)
    warmup = samples.warmups[index]
    return Timing(
        median_s=middle.value,
        low_s=middle.low,
        high_s=middle.high,
        min_s=min(values),
        p90_s=p90(values),
        samples=len(values),
        stable=warmup.steady and samples.trusted,
        warmup_calls=warmup.calls,
        warmup_s=warmup.seconds,
        first_call_s=warmup.first_call_s,
        turns=samples.turns[index],
        warnings=tuple(_doubts(warmup, middle, kept)),
        spread=max(medians) / min(medians) - 1 if len(medians) > 1 else None,
    )


def _of_each_process(turns: Sequence[Turn]) -> dict[int, list[tuple[float, ...]]]:
    """The counted calls of each turn, by the generation of the process."""
    groups: dict[int, list[tuple[float, ...]]] = {}
    for turn in turns:
        groups.setdefault(turn.generation, []).append(turn.counted)
    return groups


def ratios_of(samples: Samples, spent_s: float) -> tuple[Ratio, ...]:
    """Each model's ratio to the baseline; none without one. ``spent_s`` is what measuring took so far."""
    if samples.baseline is None:
        return ()
    floor, spread, instances = samples.floor(), samples.spread(), len(samples.instances())
    return tuple(
        BASELINE
        if index == samples.baseline
        else pair_ratio(
            samples.groups(index),
            spread,
            floor,
            trusted=samples.trusted,
            spent_s=spent_s,
            instances=instances,
        )
        for index in range(samples.models)
    )


def _doubts(warmup: Warmup, middle: Estimate, turns: Sequence[Turn]) -> list[str]:
    """Why one model's latency may not be what a user would see."""
    doubts = []
    if not warmup.steady:
        doubts.append("not steady after the warm-up")
    if not middle.bounded:
        doubts.append("too few samples for a 95 % interval")
    faults = faults_per_call(turns)
    if faults is not None and faults * FAULT_S > 0.02 * middle.value:
        doubts.append(
            f"{faults:.0f} page faults a call: the allocator gives memory back and fetches it again"
        )
    return doubts


def faults_per_call(turns: Sequence[Turn]) -> float | None:
    """Median over turns, since a single one may grow the heap for good; None where not counted."""
    counts = [turn.witness.faults / len(turn.watched) for turn in turns if turn.witness.faults is not None]
    return median(counts) if counts else None


def _warnings(samples: Samples, rounds: int) -> list[str]:
    """What a reader must know before believing the figures."""
    warnings = []
    disturbed = f"{samples.disturbed} of {rounds} rounds disturbed ({', '.join(samples.reasons)})"
    if not samples.trusted:
        remedies = ", ".join(REMEDIES[reason] for reason in samples.reasons)
        warnings.append(f"{disturbed}: the figures include them, and no pair is resolved; {remedies}")
    elif samples.disturbed > rounds / 2:
        warnings.append(f"{disturbed} and dropped")
    if own_waiting(turn for of_model in samples.turns for turn in of_model):
        warnings.append("our own threads wait for each other: fewer may be faster")
    return warnings
