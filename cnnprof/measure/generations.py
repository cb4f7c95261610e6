"""Several generations of processes, measured one after the other within one budget.

Where a process's memory lies and how its threads are spread is decided once, when it starts, and stays: however long
one is measured, it tells only of itself. So every model is timed in several, and what they differ by is part of the
interval.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from cnnprof.errors import CnnprofError, first_line
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.course import Course
from cnnprof.measure.lane import Lane, pairs_of
from cnnprof.measure.outcome import Outcome, conclude, samples_of, timed_places
from cnnprof.measure.planning import Plan
from cnnprof.measure.progress import OnProgress
from cnnprof.measure.schedule import calls_per_turn, orders
from cnnprof.measure.session import Clock, WitnessedSession
from cnnprof.measure.statistics.ratio import MIN_PAIRS


class Bench(Protocol):
    """Whatever makes sessions ready, anew for each generation."""

    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> AbstractContextManager[Mapping[int, WitnessedSession | CnnprofError]]:
        """Sessions for the lanes at ``places``, or why there is none; they end with the context.

        ``number`` counts the generations from 0; ``planned`` is how many there will be as far as is known.
        """
        ...


@dataclass
class Generations:
    """The whole measuring: the lanes, the twin last, and what is left of the budget.

    The ``orders`` of rounds go on from one generation to the next, each of which is too short to balance them.
    """

    bench: Bench
    lanes: list[Lane]
    baseline: int
    plan: Plan
    orders: Iterator[Sequence[int]]
    clock: Clock
    on_progress: OnProgress | None
    calls: int = 0
    warnings: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Generation after generation, as many as the budget has room for; at least one."""
        plan = self.plan
        while plan.done < plan.generations and self.runs():
            begun = self.clock.now()
            with self.bench.generation(plan.done, plan.generations, self.runs()) as started:
                plan.startup_s += self.clock.now() - begun
                self._measure(started)
            plan.done += 1
            if self.runs():
                samples = samples_of(self.lanes, self.baseline)
                plan.look_ahead(samples, pairs_of(self.lanes, timed_places(self.lanes)), len(self.runs()))

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
            generation=self.plan.done,
            generations=self.plan.generations,
            first_round=1 + max((turn.round for lane in self.lanes for turn in lane.turns), default=-1),
            budget_s=self.plan.share_s(len(self.runs())),
            warmup_budget_s=self.plan.warmup_s(),
            precision=self.plan.precision,
            clock=self.clock,
            on_progress=self.on_progress,
        )
        try:
            self._go_through(course)
        finally:
            self.plan.spent_s += course.spent_s()
            self.plan.startup_s += course.warmup_s

    def _go_through(self, course: Course) -> None:
        course.warm_up()
        self._dismiss_twin_without_baseline()
        if not course.running():
            return
        plan = self.plan
        self.calls = self.calls or calls_per_turn(course.latencies(), plan.left_s)
        if plan.left_s < MIN_PAIRS * self.calls * sum(course.latencies()):
            self._dismiss_twin()
        warning = plan.settle(sum(course.latencies()), self.calls)
        self.warnings += [warning] if warning else []
        course.generations = plan.generations
        course.budget_s = plan.share_s(len(self.runs()))
        course.run(self.calls, self.orders)
        self._dismiss_twin_without_baseline()

    def outcome(self, interrupted: bool) -> Outcome:
        """What is known by now."""
        return conclude(
            self.lanes,
            self.baseline,
            spent_s=self.plan.spent_s,
            startup_s=self.plan.startup_s,
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
    bases: Sequence[int] | None = None,
    twin: bool = False,
    generations: int = 1,
    budget_s: float = 20.0,
    precision: float = 0.02,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Time the models of ``bench`` in turns, over ``generations`` of processes, within ``budget_s`` seconds.

    What it takes to get processes ready and warm does not count against the budget. Where a pair is not resolved only
    because processes differ, up to three times as many generations share what is left of it. ``bases`` are the places
    of the models that each one's ratio will be reported to, where that is not the ``baseline`` for all. ``twin``: the
    bench has one model more, a second instance of the baseline. ``interleave.measure`` says what ends the measuring. A
    model whose session raises a CnnprofError is out, and the others go on.
    """
    lanes = [Lane(name, base) for name, base in zip(names, bases or [baseline] * len(names), strict=True)]
    if twin:
        lanes.append(Lane(names[baseline], baseline, is_twin=True))
    whole = Generations(
        bench,
        lanes,
        baseline,
        Plan(generations, budget_s, precision),
        orders(len(lanes), seed),
        clock,
        on_progress,
    )
    interrupted = False
    try:
        whole.run()
    except KeyboardInterrupt:
        if not whole.has_turns():
            raise
        interrupted = True
    except (CnnprofError, OSError) as error:  # no room for another process, or none for its files
        if not whole.has_turns():
            raise
        whole.warnings.append(f"no more processes could be started: {first_line(error)}")
    with without_interrupts():
        return whole.outcome(interrupted)
