"""The process that one model is timed in: builds it, makes it ready, and times it when asked to.

Its standard input and output are the channel to the parent; what the model's code prints goes to standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import BinaryIO

from cnnprof.errors import CnnprofError, ModelError
from cnnprof.measure.channel import Message, read_message, write_message

# Run by ``python -c`` with the parent's sys.path and process number behind it: unlike -m, nothing is taken from the
# current folder that the parent would not have taken from there.
CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from cnnprof.pipeline.worker import main; main()"
PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Answer the parent's messages until it ends."""
    requests, answers = take_over_channel()
    die_with(int(sys.argv[2]))
    from cnnprof.measure.allocator import keep_memory

    keep_memory()  # before torch allocates anything
    import cnnprof.pipeline.subject
    import cnnprof.runtimes.ready
    import cnnprof.zoo.build  # noqa: F401 (these bring torch, while the parent does something else)

    write_message(answers, {"ready": True})
    serve(requests, answers)
    os._exit(0)  # no runtime's own way out: some take seconds, some crash


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
    import signal

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Messages in, answers out, errors among them."""
    worker = Model()
    while (message := read_message(requests)) is not None:
        try:
            answer = worker.answer(message)
        except CnnprofError as error:
            answer = {"error": told(error)}
        except Exception as error:
            text = " ".join(str(error).split())[:300]
            answer = {
                "error": told(ModelError(f"{type(error).__name__}: {text}", "run the model with python"))
            }
        write_message(answers, answer)


def told(error: CnnprofError) -> Message:
    """An error as plain values."""
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}


class Model:
    """The one model of this process."""

    def answer(self, message: Message) -> Message:
        """``{"prepare": request}`` once, then ``{"time": calls, "core": number}`` again and again."""
        if "prepare" in message:
            return self._prepare(message["prepare"], bool(message.get("alone")))
        return self._time(int(message["time"]), message.get("core"))

    def _prepare(self, plain: Mapping[str, object], alone: bool) -> Message:
        from cnnprof.measure.session import Woken
        from cnnprof.measure.witness import SystemWitness
        from cnnprof.pipeline.preparing import prepare
        from cnnprof.pipeline.subject import resolve
        from cnnprof.records.request import Request
        from cnnprof.store.plain import from_plain

        self._request = from_plain(Request, plain)
        ready = prepare(self._request, resolve(self._request), alone=alone)
        self._session = Woken(ready, SystemWitness())
        gc.collect()
        gc.freeze()  # what was built stays: no collection has to look at it again
        return {"prepared": asdict(ready.preparation)}

    def _time(self, calls: int, core: int | None) -> Message:
        from cnnprof.pipeline.preparing import run_errors

        with run_errors(self._request):
            turn = self._session.take(calls, core)
        return {**turn._asdict(), "seconds": list(turn.seconds), "witness": asdict(turn.witness)}
