"""The processes of a comparison: one a model and generation, begun early, made ready, stopped until it is its turn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cnnprof.errors import CnnprofError
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.processes.child import CAN_STOP, can_start
from cnnprof.measure.processes.process import START_LIMIT_S, Worker
from cnnprof.measure.processes.session import WorkerSession
from cnnprof.measure.progress import OnProgress, Progress
from cnnprof.measure.session import WitnessedSession
from cnnprof.pipeline.fakes import is_timed
from cnnprof.pipeline.nursery import Nursery
from cnnprof.records.preparation import Preparation
from cnnprof.records.request import Request
from cnnprof.store.plain import MalformedError, from_plain, to_plain


def can_be_apart(request: Request, is_given: bool) -> bool:
    """Whether a process of its own can build and time this model: not where it ``is_given`` as a module, nor with
    arguments that cannot be told in a message.
    """
    return is_timed(request) and not is_given and can_start() and _can_be_told(request.arguments)


def _can_be_told(arguments: Mapping[str, object]) -> bool:
    try:
        return bool(to_plain(arguments) == dict(arguments))
    except ValueError:  # an array, which equals nothing as a whole
        return False


@contextmanager
def begun(requests: Sequence[Request], are_given: Sequence[bool]) -> Iterator[Nursery | None]:
    """Processes for the models that can be apart, while the block runs; None where there is none."""
    apart = sum(can_be_apart(*each) for each in zip(requests, are_given, strict=True))
    if not apart:
        yield None
        return
    a_generation = apart + (len(requests) > 1)  # the baseline has a twin
    nursery = Nursery(a_generation * requests[0].processes, a_generation)
    try:
        yield nursery
    finally:
        with without_interrupts():
            nursery.close()


class Crew:
    """Makes the processes of each generation ready. ``requests`` are settled, by the place of the lane that each is
    for, and ``structures`` those of the networks that were counted; ``preparations`` tells how the first process of
    each was made ready.
    """

    def __init__(
        self,
        requests: Mapping[int, Request],
        structures: Mapping[int, str],
        nursery: Nursery,
        on_progress: OnProgress | None,
    ) -> None:
        self._requests = requests
        self._structures = structures
        self._nursery = nursery
        self._planned = 0
        self._on_progress = on_progress
        self.preparations: dict[int, Preparation] = {}

    @contextmanager
    def generation(
        self, number: int, planned: int, places: Collection[int]
    ) -> Iterator[Mapping[int, WitnessedSession | CnnprofError]]:
        """A fresh process for each place, ready and stopped; all end with the context."""
        self._planned = planned
        self._nursery.expect(planned - number)
        wanted = [place for place in places if place in self._requests]
        workers = dict(zip(wanted, self._nursery.take(len(wanted)), strict=True))
        try:
            yield self._start(number, workers)
        finally:
            for worker in workers.values():
                worker.end()

    def _start(
        self, number: int, workers: Mapping[int, Worker]
    ) -> dict[int, WitnessedSession | CnnprofError]:
        """Every network made ready, one after another while nothing else runs.

        Side by side their threads would spin against each other: four light networks took 18 s on two cores where they
        take 2 s in turn. It also keeps what is told of converting true, and lets the second process of a model find
        what the first has converted.
        """
        self._nursery.settle()
        return {place: self._make_ready(number, place, worker) for place, worker in workers.items()}

    def _make_ready(self, number: int, place: int, worker: Worker) -> WitnessedSession | CnnprofError:
        """Give a process its model as soon as it can take it, and wait until it can be timed."""
        request = self._requests[place]
        self._progress("starting" if request.runtime == "eager" else "converting", request.model, number)
        try:
            self._nursery.greet(worker)
        except CnnprofError as error:
            return error
        worker.tell(
            {"prepare": to_plain(request), "alone": CAN_STOP, "structure": self._structures.get(place, "")}
        )
        return self._ready(place, worker)

    def _ready(self, place: int, worker: Worker) -> WitnessedSession | CnnprofError:
        try:
            answer = worker.answer(START_LIMIT_S)
            prepared = from_plain(Preparation, answer.get("prepared"))
        except CnnprofError as error:
            worker.end()
            return error
        except MalformedError as error:
            worker.end()
            return CnnprofError(f"its process told nonsense: {error}", "a bug of cnnprof")
        worker.stop()
        self.preparations.setdefault(place, prepared)
        return WorkerSession(worker)

    def _progress(self, phase: str, model: str, number: int) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(phase, model, 0, None, None, 0.0, number, self._planned))
