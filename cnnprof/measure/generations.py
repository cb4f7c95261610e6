"""Several generations of processes, measured one after the other within one budget.

Where a process's memory lies and how its threads are spread is decided once, when it starts, and stays: however long
one is measured, it tells only of itself. So every model is timed in several, and what they differ by is part of the
interval.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from cnnprof.errors import CnnprofError
from cnnprof.measure.course import Course
from cnnprof.measure.lane import Lane
from cnnprof.measure.outcome import Outcome, conclude, samples_of
from cnnprof.measure.planning import LEAST_KNOWN, most_processes, takes_more_processes
from cnnprof.measure.progress import Report
from cnnprof.measure.ratio import MIN_PAIRS
from cnnprof.measure.schedule import calls_per_turn
from cnnprof.measure.session import Clock, WitnessedSession

WARMUP_SHARE = 0.25  # of a generation's share, on top of it
LEAST_ROUNDS = 2  # a generation that could not take a round and its mirror image is not begun


class Bench(Protocol):
    """Whatever makes sessions ready, anew for each generation."""

    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> AbstractContextManager[Mapping[int, WitnessedSession | CnnprofError]]:
        """Sessions for the lanes at ``places``, or why there is none; they end with the context."""
        ...


@dataclass
class Generations:
    """The whole measuring: the lanes, the twin last, and what is left of the budget."""

    bench: Bench
    lanes: list[Lane]
    baseline: int
    asked: int
    budget_s: float
    precision: float
    seed: int
    clock: Clock
    report: Report | None
    generations: int = 0
    calls: int = 0
    round_s: float = 0.0
    spent_s: float = 0.0
    startup_s: float = 0.0
    done: int = 0
    warnings: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Generation after generation, as many as the budget has room for; at least one."""
        self.generations = self.asked
        while self.done < self.generations and self.runs():
            begun = self.clock.now()
            with self.bench.generation(self.done, self.generations, self.runs()) as started:
                self.startup_s += self.clock.now() - begun
                self._measure(started)
            self.done += 1
            self._plan()

    def runs(self) -> list[int]:
        """Places of the lanes that go on; none where only the twin would."""
        running = [place for place, lane in enumerate(self.lanes) if lane.runs]
        return running if any(not self.lanes[place].is_twin for place in running) else []

    def has_turns(self) -> bool:
        """Whether every model that runs (the twin aside) has had a turn."""
        asked = [self.lanes[place] for place in self.runs() if not self.lanes[place].is_twin]
        return bool(asked) and all(lane.turns for lane in asked)

    def _measure(self, started: Mapping[int, WitnessedSession | CnnprofError]) -> None:
        for place, session in started.items():
            if isinstance(session, CnnprofError):
                self.lanes[place].error = session
        course = Course(
            lanes=self.lanes,
            sessions={at: made for at, made in started.items() if not isinstance(made, CnnprofError)},
            baseline=self.baseline,
            generation=self.done,
            generations=self.generations,
            first_round=1 + max((turn.round for lane in self.lanes for turn in lane.turns), default=-1),
            budget_s=self._share_s(),
            warmup_budget_s=WARMUP_SHARE * max(self._share_s(), self.budget_s / self.asked),
            precision=self.precision,
            clock=self.clock,
            report=self.report,
        )
        try:
            self._go_through(course)
        finally:
            self.spent_s += course.spent_s()
            self.startup_s += course.warmup_s

    def _go_through(self, course: Course) -> None:
        course.warm_up()
        self._dismiss_twin_without_baseline()
        if not course.running():
            return
        left_s = self.budget_s - self.spent_s - course.spent_s()
        latencies = course.latencies()
        self.calls = self.calls or calls_per_turn(latencies, left_s)
        if left_s < MIN_PAIRS * self.calls * sum(latencies):
            self._dismiss_twin()
        self.round_s = self.calls * sum(course.latencies())
        self._settle_number(left_s, sum(course.latencies()))
        course.generations = self.generations
        course.budget_s = self._share_s()
        course.run(self.calls, self.seed + self.done)
        self._dismiss_twin_without_baseline()

    def _share_s(self) -> float:
        """Seconds of the budget for this generation.

        The first are as short as if there were to be the most of them: what they differ by decides how many follow.
        """
        among = self._most() if self.done < LEAST_KNOWN else self.generations
        return (self.budget_s - self.spent_s) / (among - self.done)

    def _settle_number(self, left_s: float, pass_s: float) -> None:
        """Fewer generations where the models are too slow for all: each takes a warm-up and a few rounds."""
        least_s = pass_s * (2 + LEAST_ROUNDS * self.calls)
        room = 1 + int(max(0.0, left_s - pass_s * LEAST_ROUNDS * self.calls) / least_s)
        if self.done + room < self.asked:
            self.warnings.append(
                f"the budget had room for {self.done + room} of {self.asked} processes of each model"
            )
            self.asked = self.generations = self.done + room

    def _plan(self) -> None:
        """More generations than asked for, where only they can tell a pair apart."""
        if LEAST_KNOWN <= self.done <= self.asked:
            samples = samples_of(self.lanes, self.baseline)
            takes_more = takes_more_processes(samples, self.spent_s / self.budget_s, self.precision)
            self.generations = self._most() if takes_more else self.asked

    def _most(self) -> int:
        """How many there may be; as many as asked for where there is no pair to tell apart, and until one has begun."""
        if not self.round_s or len(self.runs()) < 2:
            return self.asked
        return most_processes(
            self.asked,
            self.done,
            left_s=self.budget_s - self.spent_s,
            budget_s=self.budget_s,
            round_s=self.round_s,
            startup_s=self.startup_s,
        )

    def outcome(self, interrupted: bool) -> Outcome:
        """What is known by now."""
        return conclude(
            self.lanes,
            self.baseline,
            spent_s=self.spent_s,
            startup_s=self.startup_s,
            interrupted=interrupted,
            warnings=self.warnings,
        )

    def _dismiss_twin(self) -> None:
        for lane in self.lanes:
            lane.dismissed = lane.dismissed or (lane.is_twin and not lane.turns)

    def _dismiss_twin_without_baseline(self) -> None:
        if self.lanes[self.baseline].error is not None:
            for lane in self.lanes:
                lane.dismissed = lane.dismissed or lane.is_twin


def measure_generations(
    bench: Bench,
    *,
    names: Sequence[str],
    clock: Clock,
    baseline: int = 0,
    twin: bool = False,
    generations: int = 1,
    budget_s: float = 20.0,
    precision: float = 0.02,
    seed: int = 0,
    progress: Report | None = None,
) -> Outcome:
    """Time the models of ``bench`` in turns, over ``generations`` of processes, within ``budget_s`` seconds.

    What it takes to get processes ready and warm does not count against the budget. Where a pair is not resolved only
    because processes differ, up to three times as many generations share what is left of it. ``twin``: the bench has
    one model more, a second instance of the baseline. ``interleave.measure`` says what ends the measuring. A model
    whose session raises a CnnprofError is out, and the others go on.
    """
    lanes = [Lane(name) for name in names]
    if twin:
        lanes.append(Lane(names[baseline], is_twin=True))
    whole = Generations(bench, lanes, baseline, generations, budget_s, precision, seed, clock, progress)
    interrupted = False
    try:
        whole.run()
    except KeyboardInterrupt:
        if not whole.has_turns():
            raise
        interrupted = True
    return whole.outcome(interrupted)
