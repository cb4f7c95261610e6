"""Time models together: the door to this room for sessions that are there already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cnnprof.errors import CnnprofError
from cnnprof.measure.generations import measure_generations
from cnnprof.measure.machine.witness import SystemWitness
from cnnprof.measure.progress import OnProgress
from cnnprof.measure.session import Clock, Session, SystemClock, Watched, WitnessedSession, WitnessReader
from cnnprof.records.timing import Measurement


class OneGeneration:
    """Sessions of this process, made ready by the caller; the twin is the last."""

    def __init__(self, sessions: Sequence[Session], witness: WitnessReader) -> None:
        self._sessions = [Watched(session, witness) for session in sessions]

    @contextmanager
    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> Iterator[Mapping[int, WitnessedSession | CnnprofError]]:
        """The same sessions each time."""
        yield {place: self._sessions[place] for place in places}


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
    on_progress: OnProgress | None = None,
) -> Measurement:
    """Time ``sessions`` in turns for at most ``budget_s`` seconds once they are warm, and compare each to
    ``baseline``.

    ``twin`` is a second instance of the baseline's model; it takes turns like the others and shows how far
    this machine tells a model from itself just now. Ends early when the half-width of every ratio's 95%
    interval (of the median's, with one model) is at most ``precision``, a fraction, and a quarter of that for
    a pair so close that its verdict hangs on it. At least one round is run, whatever it takes.

    Ctrl-C ends the measuring and yields what there is, marked ``interrupted``; KeyboardInterrupt is raised
    only where some model has not had a turn yet. Whatever a session raises passes through, a CnnprofError once the
    others have ended: every session has its place in what is returned.
    """
    found = measure_generations(
        OneGeneration([*sessions, *([twin] if twin is not None else [])], witness or SystemWitness()),
        names=names,
        baseline=baseline,
        twin=twin is not None,
        budget_s=budget_s,
        precision=precision,
        seed=seed,
        clock=clock or SystemClock(),
        on_progress=on_progress,
    )
    for error in found.failures.values():
        raise error
    assert found.measurement is not None
    return found.measurement
