"""Everything taken in a session, and what statistics make of it: the rounds that count, ratios, the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cnnprof.measure.statistics.between import Spread, latency_estimate, ratio_estimate, shared_spread
from cnnprof.measure.statistics.disturbance import CAUSES, disturbed_rounds, held_down
from cnnprof.measure.statistics.medians import Estimate
from cnnprof.measure.statistics.ratio import MIN_PAIRS, by_generation, noise_floor
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Turn


@dataclass(frozen=True)
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

    def compared(self, index: int) -> list[Turn]:
        """The same, as ratios take them."""
        return self.kept(index) if self.trusted else held_down(self.kept(index))

    def groups(self, index: int, base: int) -> list[list[float]]:
        """Log ratios of a model to another, to both instances where that is the baseline, of each generation."""
        return by_generation(self.compared(index), *map(self.compared, self.instances(base)))

    def instances(self, index: int) -> list[int]:
        """The model, and of the baseline the second instance of it where a twin took part."""
        return [index, self.models] if self.has_twin and index == self.baseline else [index]

    def ratio(self, index: int, base: int) -> Estimate:
        """The log ratio of a model to another; both must have run together."""
        return ratio_estimate(self.groups(index, base), self.spread, len(self.instances(base)))

    @cached_property
    def spread(self) -> Spread | None:
        """What processes of a model differ by, from all models and the twin: the same for every ratio."""
        return shared_spread([self.compared(index) for index in range(len(self.turns))])

    def latency(self, index: int) -> Estimate:
        """The median of a model's calls, in seconds."""
        return latency_estimate(self.by_process(index))

    def by_process(self, index: int) -> dict[int, list[tuple[float, ...]]]:
        """A model's counted calls of each turn, by the generation of the process; all of them where none is kept."""
        groups: dict[int, list[tuple[float, ...]]] = {}
        for turn in self.kept(index) or self.turns[index]:
            groups.setdefault(turn.generation, []).append(turn.counted)
        return groups

    def twin(self) -> Estimate | None:
        """The baseline against itself, where a twin took part."""
        groups = self._twin_groups()
        return ratio_estimate(groups, self.spread) if groups else None

    @cached_property
    def floor(self) -> float | None:
        """The smallest deviation from 1 that stands out from the baseline against itself."""
        return noise_floor(self.twin(), len(self._twin_groups()))

    def _twin_groups(self) -> list[list[float]]:
        if not self.has_twin or self.baseline is None:
            return []
        return by_generation(self.compared(self.models), self.compared(self.baseline))

    def processes(self) -> int:
        """How many of each model there were that statistics use."""
        return len({turn.generation for index in range(len(self.turns)) for turn in self.kept(index)})


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
