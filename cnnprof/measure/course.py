"""A measuring under way: warm up each model, let them take turns in rounds, stop when enough is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log1p
from statistics import median

from cnnprof.measure.evaluate import Samples, gather
from cnnprof.measure.progress import Progress, Report
from cnnprof.measure.ratio import MIN_PAIRS, log_ratios
from cnnprof.measure.schedule import calls_per_turn, orders
from cnnprof.measure.session import Clock, Session, WitnessReader
from cnnprof.measure.statistics import Estimate, centre_estimate, median_estimate
from cnnprof.measure.warmup import Warmup, warm_up
from cnnprof.measure.witness import difference
from cnnprof.records.timing import Turn

WARMUP_SHARE = 0.25
MIN_ROUNDS = 12  # before an interval may end the measuring: narrower ones can be narrow by luck


@dataclass
class Course:
    """Whose turn it is, what has been taken, how much of the budget is left; the twin is the last session."""

    sessions: list[Session]
    names: list[str]
    baseline: int
    has_twin: bool
    budget_s: float
    precision: float
    clock: Clock
    witness: WitnessReader
    report: Report | None
    warmups: list[Warmup] = field(default_factory=list)
    turns: list[list[Turn]] = field(default_factory=list)
    calls: int = 2
    start_s: float = 0.0
    round_s: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Bring every session to rest, then decide on the calls of a turn and whether to keep the twin."""
        self.start_s = self.clock.now()
        for index, session in enumerate(self.sessions):
            self._tell("warm-up", index, 0)
            allowance = self._warmup_left_s() / (len(self.sessions) - index)
            self.warmups.append(warm_up(session, self.clock, allowance))
        latencies = [warmup.fastest_s for warmup in self.warmups]
        self.calls = calls_per_turn(latencies, self.left_s())
        if self.has_twin and self.left_s() < MIN_PAIRS * self.calls * sum(latencies):
            self._dismiss_twin()
        self.turns = [[] for _ in self.sessions]

    def run(self, seed: int) -> None:
        """Round after round, until the budget is spent or every interval is narrow enough."""
        check = MIN_ROUNDS
        for number, order in enumerate(orders(len(self.sessions), seed)):
            if number and not self._fits_another():
                break
            if number >= check:
                if self._narrow():
                    break
                check = number + 1 + number // 5
            self._round(number, order)

    def samples(self) -> Samples:
        """What has been taken, rounds judged by their witnesses; a twin without a turn does not count."""
        has_twin = self.has_twin and bool(self.turns[-1])
        count = len(self.sessions) - self.has_twin + has_twin
        return gather(self.turns[:count], self.warmups[:count], baseline=self.baseline, has_twin=has_twin)

    def has_turns(self) -> bool:
        """Whether every model (the twin aside) has had a turn."""
        asked = len(self.sessions) - self.has_twin
        return bool(self.turns) and all(self.turns[:asked])

    def spent_s(self) -> float:
        """Seconds of the budget spent so far."""
        return self.clock.now() - self.start_s

    def left_s(self) -> float:
        """Seconds of the budget that are left; negative once overspent."""
        return self.budget_s - self.spent_s()

    def _round(self, number: int, order: Sequence[int]) -> None:
        """One turn of each model. A round that overruns the budget is broken off; its turns are kept.

        Every model has its turn in the first round, if only with a single call; the twin can do without.
        """
        start = self.clock.now()
        for position, index in enumerate(order):
            late = self.left_s() <= 0
            if late and (number or self._is_twin(index)):
                continue
            self._tell("measure", index, number)
            before = self.witness.read()
            seconds = self.sessions[index].time(1 if late else self.calls)
            happened = difference(before, self.witness.read())
            self.turns[index].append(Turn(number, position, tuple(seconds), happened))
        self.round_s.append(self.clock.now() - start)

    def _fits_another(self) -> bool:
        """Whether a round like the recent ones ends within the budget."""
        return median(self.round_s[-9:]) <= self.left_s()

    def _narrow(self) -> bool:
        """Whether every interval that is reported is as narrow as asked for."""
        samples = self.samples()
        if not samples.trusted:
            return False
        if len(samples.turns) == 1:
            middle = median_estimate([turn.counted for turn in samples.kept(0)])
            return middle.bounded and middle.half_width <= self.precision * middle.value
        # The twin's interval counts too: no verdict can be finer than the floor it shows.
        others = [index for index in range(len(samples.turns)) if index != self.baseline]
        return all(self._is_narrow(centre_estimate(samples.log_ratios(index)), index) for index in others)

    def _is_narrow(self, estimate: Estimate, index: int) -> bool:
        """Within the precision; within a quarter of it for a pair so close that its verdict hangs on the rest.

        Clear is twice the half-width: to stop at the first glimpse of a difference would find too many.
        """
        clear = self._is_twin(index) or abs(estimate.value) > 2 * estimate.half_width
        wanted = self.precision if clear else self.precision / 4
        return estimate.bounded and estimate.half_width <= log1p(wanted)

    def _is_twin(self, index: int) -> bool:
        return self.has_twin and index == len(self.sessions) - 1

    def _dismiss_twin(self) -> None:
        del self.sessions[-1], self.names[-1], self.warmups[-1]
        self.has_twin = False

    def _warmup_left_s(self) -> float:
        return WARMUP_SHARE * self.budget_s - self.spent_s()

    def _tell(self, phase: str, index: int, number: int) -> None:
        """Report the turn about to begin; never called within timed code."""
        if self.report is None:
            return
        left = max(0.0, self.left_s())
        rounds = number + int(left / median(self.round_s[-9:])) if self.round_s else None
        self.report(Progress(phase, self.names[index], number, rounds, self._ratio_so_far(index), left))

    def _ratio_so_far(self, index: int) -> float | None:
        """A quick look, without intervals: the median of the last 16 log ratios."""
        if index == self.baseline or not self.turns:
            return None
        ratios = log_ratios(self.turns[index][-16:], self.turns[self.baseline][-16:])
        return exp(median(ratios)) if ratios else None
