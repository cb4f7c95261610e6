"""The session of a model in a worker process."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.errors import CnnprofError
from cnnprof.measure.processes.process import REPORT, START_LIMIT_S, LostError, Worker
from cnnprof.measure.session import Taken
from cnnprof.records.timing import Witness

CALL_LIMIT_S = 60.0  # and 20 times what the calls should take
SLACK = 20.0


class WorkerSession:
    """A model in a worker: a turn is one message there and one back, and its time is taken over there.

    Waking the worker and the messages lie outside of what is timed.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._slowest_s: float | None = None

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` consecutive forward passes."""
        return self.take(calls).seconds

    def take(self, calls: int, core: int | None = None) -> Taken:
        """A turn as the worker took and witnessed it; CnnprofError where it is lost."""
        self._worker.go_on()
        try:
            answer = self._worker.ask({"time": calls, "core": core}, self._limit_s(calls))
        except CnnprofError:
            self._worker.end()
            raise
        self._worker.stop()
        try:
            seconds = [float(each) for each in answer["seconds"]]
            witness = Witness(**answer["witness"])
            told = answer.get("core"), answer.get("launch_s")
            turn = Taken(seconds, witness, bool(answer.get("lead_in")), *told)
        except (KeyError, TypeError, ValueError) as error:
            self._worker.end()
            raise LostError("its process answered with something that is no message", REPORT) from error
        self._slowest_s = (
            max(seconds, default=0.0) if self._slowest_s is None else max(self._slowest_s, *seconds)
        )
        return turn

    def _limit_s(self, calls: int) -> float:
        if self._slowest_s is None:
            return START_LIMIT_S  # nothing is known yet, and the first call may compile
        return CALL_LIMIT_S + SLACK * calls * self._slowest_s
