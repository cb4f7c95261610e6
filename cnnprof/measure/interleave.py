"""Time models together: the door to this room."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.measure.course import Course
from cnnprof.measure.evaluate import evaluate
from cnnprof.measure.progress import Report
from cnnprof.measure.session import Clock, Session, SystemClock, WitnessReader
from cnnprof.measure.witness import SystemWitness
from cnnprof.records.timing import Measurement


def measure(
    sessions: Sequence[Session],
    *,
    names: Sequence[str],
    baseline: int = 0,
    twin: Session | None = None,
    budget_s: float = 20.0,
    precision: float = 0.02,
    seed: int = 0,
    clock: Clock | None = None,
    witness: WitnessReader | None = None,
    progress: Report | None = None,
) -> Measurement:
    """Time ``sessions`` in turns for at most ``budget_s`` seconds, warm-up included, and compare each to
    ``baseline``.

    ``twin`` is a second instance of the baseline's model; it takes turns like the others and shows how far
    this machine tells a model from itself just now. Ends early when the half-width of every ratio's 95%
    interval (of the median's, with one model) is at most ``precision``, a fraction, and a quarter of that for
    a pair so close that its verdict hangs on it. At least one round is run, whatever it takes.

    Ctrl-C ends the measuring and yields what there is, marked ``interrupted``; KeyboardInterrupt is raised
    only where some model has not had a turn yet. Whatever a session raises passes through.
    """
    course = Course(
        sessions=[*sessions, *([twin] if twin is not None else [])],
        names=[*names, *([names[baseline]] if twin is not None else [])],
        baseline=baseline,
        has_twin=twin is not None,
        budget_s=budget_s,
        precision=precision,
        clock=clock or SystemClock(),
        witness=witness or SystemWitness(),
        report=progress,
    )
    interrupted = False
    try:
        course.warm_up()
        course.run(seed)
    except KeyboardInterrupt:
        if not course.has_turns():
            raise
        interrupted = True
    return evaluate(course.samples(), spent_s=course.spent_s(), interrupted=interrupted)
