"""Processes that are begun early and wait for their model, each started by itself or forked by a generation's seed."""

from __future__ import annotations

import json
import os
import sys

from cnnprof.errors import CnnprofError
from cnnprof.measure.machine.environment import cores_allowed
from cnnprof.measure.machine.memory import available_bytes
from cnnprof.measure.processes.process import START_LIMIT_S, Worker
from cnnprof.measure.processes.seed import CAN_FORK, Seed
from cnnprof.pipeline.worker import CODE, SEED_CODE

WORKER_BYTES = 500_000_000  # torch imported and a light network built: 250 to 400 MB, measured
BUSY = 6  # processes to begin at once for each core: more would only be in each other's way


class Nursery:
    """Processes that have begun but do not know their model yet.

    Importing torch takes most of a start, so as many as there is room for begin while the models are still being
    counted. A generation of several is forked by one seed, so that they import it once; another has another seed,
    for what is settled when a program starts (where its libraries lie in memory) is to differ between generations.
    Closing it ends whatever it has begun.
    """

    def __init__(self, wanted: int, a_generation: int) -> None:
        self._waiting: list[Worker] = []
        self._seeds: list[Seed] = []
        self._all: list[Worker] = []
        self._greeted: set[Worker] = set()
        self._forks = CAN_FORK and a_generation > 1
        try:
            if self._forks:
                self._sow_up_to(_at_once(wanted // a_generation, 1))
            else:
                self._waiting += [self._begin() for _ in range(_at_once(wanted, a_generation))]
        except BaseException:
            self.close()
            raise

    def expect(self, generations: int) -> None:
        """Begin those of so many generations that have not begun, side by side as far as there is room: more may be
        planned than were wanted. Only where they fork: without it, each is a process for every model.
        """
        if self._forks:
            self._sow_up_to(_at_once(generations, 1))

    def take(self, count: int) -> list[Worker]:
        """So many processes that have imported what they need, or are about to."""
        if self._forks and (copies := self._copies(count)):
            return copies
        while len(self._waiting) < count:
            self._waiting.append(self._begin())
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def settle(self) -> None:
        """Wait until the others are ready, and stop them: nothing runs while something is measured."""
        for worker in [each for each in (*self._waiting, *self._seeds) if each not in self._greeted]:
            try:
                self.greet(worker)
            except CnnprofError:  # another one is begun in its place when it is needed
                self._drop(worker)
            else:
                worker.stop()

    def greet(self, worker: Worker) -> None:
        """Wait until a process is ready for its model; CnnprofError where it never will be."""
        worker.go_on()
        if worker not in self._greeted:
            worker.answer(START_LIMIT_S)
            self._greeted.add(worker)

    def close(self) -> None:
        """End every process that was begun."""
        for worker in self._all:
            worker.end()

    def _copies(self, count: int) -> list[Worker]:
        """A generation forked by the next seed. None where that fails: these and all that follow start by themselves,
        and if they cannot either, tell why.
        """
        seed = self._seeds.pop(0) if self._seeds else self._sow()
        try:
            self.greet(seed)
            copies = seed.copies(count)
        except (CnnprofError, OSError):
            self._forks = False
            for each in (seed, *self._seeds):
                each.end()
            self._seeds.clear()
            return []
        self._all += copies
        return copies

    def _drop(self, worker: Worker) -> None:
        if isinstance(worker, Seed):
            self._seeds.remove(worker)
        else:
            self._waiting.remove(worker)

    def _sow_up_to(self, count: int) -> None:
        """So many seeds, or as many as the system lets us have, if that is any."""
        while len(self._seeds) < count:
            try:
                self._seeds.append(self._sow())
            except (CnnprofError, OSError):
                if not self._seeds:
                    raise
                return

    def _begin(self) -> Worker:
        worker = Worker(_command(CODE))
        self._all.append(worker)
        return worker

    def _sow(self) -> Seed:
        seed = Seed(_command(SEED_CODE))
        self._all.append(seed)
        return seed


def _command(code: str) -> list[str]:
    path = json.dumps([place for place in sys.path if isinstance(place, str)])
    return [sys.executable, "-c", code, path, str(os.getpid())]


def _at_once(wanted: int, a_generation: int) -> int:
    """How many to begin right away: whole generations, while half of the free memory and the cores bear them; one
    where the system does not tell what is free.
    """
    room = int((available_bytes() or 0) / 2 / WORKER_BYTES)
    generations = min(room, BUSY * cores_allowed()) // max(1, a_generation)
    return min(wanted, max(1, generations) * a_generation)
