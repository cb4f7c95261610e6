"""A process that has imported what workers need and forks them, so that each does not import it by itself.

    cnnprof ── starts ──> seed ── forks ──> worker, worker, ...     imports paid for once
    cnnprof <── the system hands over ── worker, worker, ...        once the seed has ended

A seed never runs a model: it has one thread and no thread pool when it forks. All workers of a generation are forked at
once and the seed is ended. They become children of cnnprof, which is their nearest ancestor that adopts orphans
(PR_SET_CHILD_SUBREAPER), so they die with it, are signalled and waited for by it, and tell how they ended, as if it
had started each.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from cnnprof.measure.processes.channel import write_message
from cnnprof.measure.processes.child import Child, Forked, spawn
from cnnprof.measure.processes.priority import needs_session
from cnnprof.measure.processes.process import LostError, Worker, beginning

CAN_FORK = sys.platform == "linux" and hasattr(socket, "send_fds")
PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37  # prctl(2)
FORK_LIMIT_S = 60.0  # 0.02 s on an idle machine
LOOK_S = 0.001


class Seed(Worker):
    """The parent's side: a worker whose only task is to be copied. Its command's standard input is a socket."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises what a worker's beginning raises."""
        with beginning():
            self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                super().__init__(partial(_spawn_at, command, theirs))
            except BaseException:
                self._channel.close()
                raise

    def copies(self, count: int) -> list[Worker]:
        """So many workers, forked when this returns; the seed has ended then.

        Call it once the seed has said that it is ready. Raises LostError where the seed fails and OSError where the
        system does not let us adopt; no copy is left then, nor after Ctrl-C.
        """
        copies: list[Worker] = []
        try:
            with adopting():
                for _ in range(count):
                    copies.append(Worker(self._fork))
                self.end()
        except BaseException:
            for copy in copies:
                copy.end()
            self.end()  # what is still the seed's becomes init's, which waits for it
            raise
        return copies

    def end(self) -> None:
        """Kill it; its copies live on."""
        super().end()
        self._channel.close()

    def _fork(self, errors: BinaryIO) -> Child:
        """A copy with pipes of its own for standard input and output. One that we know nothing of finds them closed."""
        (reads, asks), (answers, writes) = os.pipe(), os.pipe()
        stdin, stdout = os.fdopen(asks, "wb"), os.fdopen(answers, "rb")
        try:
            socket.send_fds(self._channel, [b"fork"], [reads, writes, errors.fileno()])
            return Forked(int(self.answer(FORK_LIMIT_S)["forked"]), stdin, stdout)
        except BaseException as error:
            stdin.close()
            stdout.close()
            if isinstance(error, OSError):  # nobody is there to take the request
                raise LostError("its seed has ended") from error
            raise
        finally:
            os.close(reads)
            os.close(writes)


def _spawn_at(command: Sequence[str], theirs: socket.socket, errors: BinaryIO) -> Child:
    return spawn(command, errors, stdin=theirs.fileno())


@contextmanager
def adopting() -> Iterator[None]:
    """Inside, processes whose parent ends become ours if we are an ancestor; OSError where the system refuses."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    before = ctypes.c_int(0)
    prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    if prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot adopt processes")
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


def threads() -> int:
    """How many threads this process has; a copy would have but one, and whatever the others held."""
    return len(os.listdir("/proc/self/task"))


def fork_on_request(channel: socket.socket, answers: BinaryIO) -> bool:
    """The seed's side: fork for each request. True in every copy; False in the seed when nobody asks any more."""
    seed = os.getpid()
    while True:
        asked, descriptors, _, _ = socket.recv_fds(channel, len(b"fork"), 3)
        if not asked:
            return False
        if not os.fork():
            channel.close()
            _settle_in(descriptors)
            # Told by the copy, now that it has left the seed's process group: the seed's end would take it along.
            with answers:
                write_message(answers, {"forked": os.getpid()})
            while os.getppid() == seed:
                time.sleep(LOOK_S)
            return True
        for each in descriptors:
            os.close(each)


def _settle_in(descriptors: Sequence[int]) -> None:
    """Standard streams of the copy's own, and a process group, or a session where it is to go first."""
    if needs_session():  # not the seed's, in which other copies still convert and compile
        os.setsid()
    else:
        os.setpgid(0, 0)
    for number, each in enumerate(descriptors):
        os.dup2(each, number)
        os.close(each)
