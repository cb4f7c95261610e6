"""The process that one model is timed in: builds it, makes it ready, and times it when asked to.

It is started with ``CODE``, or forked by a seed that is started with ``SEED_CODE``.

Its standard input and output are the channel to the parent; what the model's code prints goes to standard error.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from random import Random
from typing import BinaryIO, NoReturn

from cnnprof.errors import CnnprofError, ModelError, in_one_line
from cnnprof.interrupts import ENDINGS
from cnnprof.measure.processes.channel import Message, read_message, write_message
from cnnprof.measure.processes.priority import go_first
from cnnprof.measure.processes.seed import fork_on_request, threads
from cnnprof.variables import variables_set

# Run by ``python -c`` with the parent's sys.path and process number behind it: unlike -m, nothing is taken from the
# current folder that the parent would not have taken from there.
SETTLE = (
    "import sys; sys.path[:] = filter(None, sys.path); import json; sys.path[:] = json.loads(sys.argv[1])"
)
CODE = f"{SETTLE}; from cnnprof.pipeline.worker import main; main()"
SEED_CODE = f"{SETTLE}; from cnnprof.pipeline.worker import seed; seed()"
PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Answer the parent's messages until it ends."""
    leave_ending_to_parent()
    requests, answers = take_over_channel()
    die_with(int(sys.argv[2]))
    bring()
    answer_messages(requests, answers)


def seed() -> None:
    """Bring what workers need, then be copied; each copy goes on as a worker of the parent."""
    leave_ending_to_parent()
    requests, answers = take_over_channel()
    die_with(int(sys.argv[2]))
    # numpy's OpenBLAS would start threads right away. It keeps to one in this process and its copies: torch and the
    # other runtimes do not compute with it.
    with variables_set({"OPENBLAS_NUM_THREADS": "1"}):
        bring()
    if (count := threads()) > 1:  # a copy would have one, and locks that the others held
        write_message(answers, {"error": told(CnnprofError(f"{count} threads after the imports"))})
        os._exit(1)
    gc.freeze()  # a collection in a copy would write to all objects, and memory would be copied for it
    write_message(answers, {"ready": True})
    with socket.socket(fileno=os.dup(requests.fileno())) as channel:
        requests.close()
        is_copy = fork_on_request(channel, answers)
    if is_copy:
        requests, answers = take_over_channel()
        die_with(int(sys.argv[2]))
        answer_messages(requests, answers)
    os._exit(0)


def bring() -> None:
    """Import what most of a start goes by for, torch above all, while the parent does something else."""
    from cnnprof.runtimes.allocator import keep_memory

    keep_memory()  # before torch allocates anything
    import cnnprof.pipeline.preparing
    import cnnprof.pipeline.resolve
    import cnnprof.runtimes.ready
    import cnnprof.zoo.build  # noqa: F401


def answer_messages(requests: BinaryIO, answers: BinaryIO) -> NoReturn:
    """Say that we are ready, and serve until the parent ends."""
    write_message(answers, {"ready": True})
    serve(requests, answers, Model(go_first))
    os._exit(0)  # no runtime's own way out: some take seconds, some crash


def leave_ending_to_parent() -> None:
    """Whoever ends a whole job (a scheduler, a service manager) asks us as well: the parent saves what we measured, and
    then ends us.
    """
    for number in (signal.SIGINT, *ENDINGS):
        signal.signal(number, signal.SIG_IGN)


def take_over_channel() -> tuple[BinaryIO, BinaryIO]:
    """Our standard input and output for messages alone; those of everyone else are nothing and standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def die_with(parent: int) -> None:
    """Have the system kill us when the parent dies, be we stopped or busy; elsewhere the channel's end tells us."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def serve(requests: BinaryIO, answers: BinaryIO, worker: Model) -> None:
    """Messages in, answers out, errors among them."""
    while (message := read_message(requests)) is not None:
        try:
            answer = worker.answer(message)
        except CnnprofError as error:
            answer = {"error": told(error)}
        except Exception as error:
            answer = {"error": told(ModelError(in_one_line(error, 300), "run the model with python"))}
        write_message(answers, answer)


def told(error: CnnprofError) -> Message:
    """An error as plain values."""
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}


class Model:
    """The one model of this process; once it is ready to be timed, ``go_first`` gives it precedence, or says no."""

    def __init__(self, go_first: Callable[[], bool]) -> None:
        self._go_first = go_first

    def answer(self, message: Message) -> Message:
        """``{"prepare": request, "alone": ..., "structure": ...}`` once, then ``{"time": calls, "core": number}``
        again and again.
        """
        if "prepare" in message:
            return self._prepare(
                message["prepare"], bool(message.get("alone")), str(message.get("structure", ""))
            )
        return self._time(int(message["time"]), message.get("core"))

    def _prepare(self, plain: Mapping[str, object], alone: bool, structure: str) -> Message:
        from cnnprof.measure.machine.witness import SystemWitness
        from cnnprof.measure.processes.scatter import scatter
        from cnnprof.measure.session import Woken
        from cnnprof.pipeline.preparing import prepare
        from cnnprof.pipeline.resolve import resolve
        from cnnprof.records.request import Request
        from cnnprof.store.plain import from_plain

        scatter(Random())
        self._request = from_plain(Request, plain)
        ready = prepare(self._request, resolve(self._request), alone=alone, structure=structure)
        self._session = Woken(ready, SystemWitness(threads=self._request.threads))
        gc.collect()
        gc.freeze()  # what was built stays: no collection has to look at it again
        first = self._go_first()  # not sooner: what converts and compiles can wait for others
        options = {**ready.preparation.options, "priority": "highest" if first else "as given"}
        return {"prepared": asdict(replace(ready.preparation, options=options))}

    def _time(self, calls: int, core: int | None) -> Message:
        from cnnprof.pipeline.preparing import run_errors

        with run_errors(self._request):
            turn = self._session.take(calls, core)
        return {**turn._asdict(), "seconds": list(turn.seconds), "witness": asdict(turn.witness)}
