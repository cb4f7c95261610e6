"""One generation of processes under way: warm up each, let them take turns in rounds, stop when enough is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import exp, log1p, sqrt
from statistics import median

from cnnprof.errors import CnnprofError
from cnnprof.measure.lane import Lane, pairs_of
from cnnprof.measure.narrowness import is_narrow
from cnnprof.measure.progress import OnProgress, Progress
from cnnprof.measure.samples import Samples, gather
from cnnprof.measure.session import Clock, WitnessedSession
from cnnprof.measure.statistics.medians import Estimate
from cnnprof.measure.statistics.ratio import log_ratios
from cnnprof.measure.warmup import warm_up
from cnnprof.records.timing import Turn

MIN_ROUNDS = 12  # before an interval may end the measuring: narrower ones can be narrow by luck


@dataclass
class Course:
    """Whose turn it is, what has been taken, how much is left of this generation's share of the budget.

    ``sessions`` are those of the lanes that run, by the place of the lane. A lane whose session fails is out, with
    the error; the others go on.
    """

    lanes: list[Lane]
    sessions: Mapping[int, WitnessedSession]
    generation: int
    generations: int
    first_round: int
    budget_s: float
    warmup_budget_s: float
    precision: float
    clock: Clock
    on_progress: OnProgress | None
    start_s: float = 0.0
    warmup_s: float = 0.0
    round_s: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Bring every session to rest, one at a time, in up to ``warmup_budget_s`` on top of the budget."""
        self.start_s = self.clock.now()
        places = self.running()
        for number, place in enumerate(places):
            self._tell("warm-up", place, 0)
            allowance = (self.warmup_budget_s - self.spent_s()) / (len(places) - number)
            try:
                warmup = warm_up(self.sessions[place], self.clock, allowance)
            except CnnprofError as error:
                self.lanes[place].error = error
            else:
                self.lanes[place].warmups.append(warmup)
        self.warmup_s = self.spent_s()
        self.start_s = self.clock.now()

    def latencies(self) -> list[float]:
        """The fastest call so far of every lane that runs, in seconds."""
        return [self.lanes[place].warmup().fastest_s for place in self.running()]

    def run(self, calls: int, orders: Iterator[Sequence[int]]) -> None:
        """Round after round in the next of ``orders``, until the share is spent or every interval is narrow enough."""
        check = MIN_ROUNDS
        for number in count():
            if not self.running() or (number and not self._fits_another()):
                break
            if number >= check:
                if self._is_narrow_enough():
                    break
                check = number + 1 + number // 5
            self._round(number, next(orders), calls)

    def running(self) -> list[int]:
        """The places of the lanes that take turns."""
        return [place for place in self.sessions if self.lanes[place].runs]

    def spent_s(self) -> float:
        """Seconds of the share spent so far; until the sessions are warm, seconds of that."""
        return self.clock.now() - self.start_s

    def left_s(self) -> float:
        """Seconds of the share that are left; negative once overspent."""
        return self.budget_s - self.spent_s()

    def _round(self, number: int, order: Sequence[int], calls: int) -> None:
        """One turn of each model, all from the core where the system put the first of them.

        A round that overruns the budget is broken off; its turns are kept. Every model has its turn in the first round,
        if only with a single call; the twin can do without.
        """
        start, core = self.clock.now(), None
        running = set(self.running())
        for position, place in enumerate(place for place in order if place in running):
            late = self.left_s() <= 0
            if late and (number or self.lanes[place].is_twin):
                continue
            self._tell("measure", place, number)
            core = self._turn(place, number, position, 1 if late else calls, core)
        self.round_s.append(self.clock.now() - start)

    def _turn(self, place: int, number: int, position: int, calls: int, core: int | None) -> int | None:
        """Take a turn from ``core``, or from wherever the system likes; returns from where it was."""
        lane = self.lanes[place]
        try:
            taken = self.sessions[place].take(calls, core)
        except CnnprofError as error:
            lane.error = error
            return core
        whole = self.first_round + number
        lane.turns.append(
            Turn(
                whole,
                position,
                tuple(taken.seconds),
                taken.witness,
                generation=self.generation,
                lead_in=taken.lead_in,
                core=taken.core,
                launch_s=taken.launch_s,
            )
        )
        return taken.core if core is None else core

    def _fits_another(self) -> bool:
        """Whether a round like the recent ones ends within the share."""
        return median(self.round_s[-9:]) <= self.left_s()

    def _own(self, place: int) -> list[Turn]:
        """The turns that a model took in this generation."""
        return [turn for turn in self.lanes[place].turns if turn.generation == self.generation]

    def _is_narrow_enough(self) -> bool:
        """Whether every interval that is reported will be as narrow as asked for, when all generations are done.

        This generation's rounds have to be enough by themselves, and with those before it they have to be narrow in
        spite of what processes differ by: part of that is disturbances that last for seconds, which time does narrow.
        """
        places = self.running()
        own = self._samples(places, [self._own(place) for place in places])
        if not own.trusted:
            return False
        so_far = self._samples(places, [self.lanes[place].turns for place in places])
        return all(
            self._are_narrow(samples, places, generations)
            for samples, generations in ((own, 1), (so_far, self.generation + 1))
        )

    def _are_narrow(self, samples: Samples, places: Sequence[int], generations: int) -> bool:
        """Every reported ratio, and the twin's: no verdict can be finer than the floor it shows. Without a pair, every
        latency.
        """
        pairs = pairs_of(self.lanes, places)
        if not pairs:
            return all(self._is_precise(samples.latency(index), generations) for index in range(len(places)))
        return all(
            self._is_narrow(samples.ratio(index, base), self.lanes[places[index]].is_twin, generations)
            for index, base in pairs
        )

    def _is_precise(self, latency: Estimate, generations: int) -> bool:
        return latency.bounded and self._foreseen(latency, generations) <= self.precision * latency.value

    def _samples(self, places: Sequence[int], turns: Sequence[Sequence[Turn]]) -> Samples:
        warmups = [self.lanes[place].warmups[-1] for place in places]
        return gather(turns, warmups, baseline=None, has_twin=False)

    def _is_narrow(self, estimate: Estimate, is_twin: bool, generations: int) -> bool:
        width = self._foreseen(estimate, generations)
        if is_twin:
            return estimate.bounded and width <= log1p(self.precision)
        return estimate.bounded and is_narrow(estimate.value, width, self.precision)

    def _foreseen(self, estimate: Estimate, generations: int) -> float:
        """Half the interval when all generations have taken as much as the ``generations`` that it is of."""
        return estimate.half_width * sqrt(generations / self.generations)

    def _tell(self, phase: str, place: int, number: int) -> None:
        """Report the turn about to begin; never called within timed code."""
        if self.on_progress is None:
            return
        left = max(0.0, self.left_s())
        rounds = number + int(left / median(self.round_s[-9:])) if self.round_s else None
        name, ratio = self.lanes[place].name, self._ratio_so_far(place)
        self.on_progress(
            Progress(phase, name, number, rounds, ratio, left, self.generation, self.generations)
        )

    def _ratio_so_far(self, place: int) -> float | None:
        """A quick look, without intervals: the median of the last 16 log ratios."""
        base = self.lanes[place].base
        if place == base:
            return None
        ratios = log_ratios(self.lanes[place].turns[-16:], self.lanes[base].turns[-16:])
        return exp(median(ratios)) if ratios else None
