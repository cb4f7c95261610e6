"""A worker process: asked by messages, stopped while others run, given up when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EMFILE, ENFILE
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from threading import Thread
from typing import BinaryIO

from cnnprof.errors import CnnprofError, FileError, MissingRuntimeError, ModelError
from cnnprof.measure.processes.channel import GarbledError, Message, read_message, write_message
from cnnprof.measure.processes.child import CAN_STOP, Begin, spawn

START_LIMIT_S = 600.0  # a conversion or a compilation may take minutes
PIECES = 4  # of a limit, so that each is longer than most turns, which their ends could disturb
END_LIMIT_S = 5.0  # for the system to tell how a process ended
Ending = Exception | None


class LostError(ModelError):
    """A worker that crashed, hung, was killed or talked nonsense: its model cannot be timed (exit code 4)."""


class Worker:
    """A child process that answers one message at a time.

    It is the head of a process group of its own: Ctrl-C is the parent's alone, and what it has started itself is
    stopped, and ended, together with it. Its standard error is kept for the message if it dies.
    """

    def __init__(self, begin: Sequence[str] | Begin) -> None:
        """``begin`` is the command to run, or has another way to get a child. FileError where nothing can be kept,
        MissingRuntimeError where the system lets no process begin.
        """
        self._errors = _temporary_file()
        try:
            with beginning():
                self._process = begin(self._errors) if callable(begin) else spawn(begin, self._errors)
        except BaseException:
            self._errors.close()
            raise
        self._answers: SimpleQueue[Message | Ending] = SimpleQueue()
        self._over = False
        # A thread that waits for answers works on every system, and Ctrl-C reaches the main thread meanwhile.
        try:
            Thread(target=self._listen, daemon=True).start()
        except RuntimeError as error:  # the limit of processes holds for threads too
            self.end()
            if self._process.stdout is not None:
                self._process.stdout.close()  # else the listener's to close
            raise _none_begun(str(error), TOO_MANY) from error

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, message: Mapping[str, object], limit_s: float) -> Message:
        """Send ``message`` and wait for the answer; raises what ``answer`` raises."""
        self.tell(message)
        return self.answer(limit_s)

    def tell(self, message: Mapping[str, object]) -> None:
        """Send ``message``; that nobody reads it shows when the answer is waited for."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # broken, or closed by us
            write_message(self._process.stdin, message)  # type: ignore[arg-type]

    def answer(self, limit_s: float) -> Message:
        """The next answer. Raises the CnnprofError that it holds, or LostError, after which the worker is gone."""
        if self._over:
            raise LostError("its process has ended", OTHER_MODEL)
        try:
            answer = self._next_within(limit_s)
        except Empty:
            self.end()
            raise LostError(f"no answer within {limit_s:.0f} s", "a smaller --batch or --input") from None
        if not isinstance(answer, dict):
            raise self._lost(answer)
        if "error" in answer:
            raise _error(answer["error"])
        return answer

    def _next_within(self, limit_s: float) -> Message | Ending:
        """In pieces: after a while in which we were stopped (Ctrl-Z, a paused container) one is over, not the limit."""
        for _ in range(PIECES - 1):
            with suppress(Empty):
                return self._answers.get(timeout=limit_s / PIECES)
        return self._answers.get(timeout=limit_s / PIECES)

    def stop(self) -> None:
        """Let nothing of it run, however its threads wait; where the system cannot, it stays as it is."""
        self._signal("SIGSTOP")

    def go_on(self) -> None:
        """Let it run again."""
        self._signal("SIGCONT")

    def end(self) -> None:
        """Kill it with all that it started; no harm where it has ended already."""
        if self._over:
            return
        self._signal("SIGKILL")
        self._over = True  # from here on its number may be another process's
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._errors):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        ending: Ending = None
        try:
            while (message := read_message(stream)) is not None:  # type: ignore[arg-type]
                self._answers.put(message)
        except (GarbledError, OSError) as error:
            ending = error
        self._answers.put(ending)
        stream.close()

    def _signal(self, name: str) -> None:
        if CAN_STOP and not self._over:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, getattr(signal, name))

    def _lost(self, ending: Ending) -> LostError:
        """Why there will be no more answers."""
        if isinstance(ending, GarbledError):
            self.end()
            return LostError("its process answered with something that is no message", REPORT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_LIMIT_S)
        code, said = self._process.poll(), self._last_words()
        self.end()
        return LostError(how_it_ended(code, said), OTHER_MODEL)

    def _last_words(self) -> str:
        """The last line of its standard error that is not empty."""
        try:
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - 4096))
            lines = self._errors.read().decode(errors="replace").split("\n")
        except (OSError, ValueError):
            return ""
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


@contextmanager
def beginning() -> Iterator[None]:
    """Where the system refuses what a process needs to begin, MissingRuntimeError says which limit to raise."""
    try:
        yield
    except OSError as error:
        hint = TOO_MANY_FILES if error.errno in (EMFILE, ENFILE) else TOO_MANY
        raise _none_begun(error.strerror or str(error), hint) from error


TOO_MANY = "raise the limit of processes (ulimit -u), or --no-latency"
TOO_MANY_FILES = "raise the limit of open files (ulimit -n), or --no-latency"


def _none_begun(reason: str, hint: str) -> MissingRuntimeError:
    return MissingRuntimeError(f"no process can be begun to time in: {reason}", hint)


def _temporary_file() -> BinaryIO:
    """One without a name, gone when it is closed. FileError where no folder takes it: read-only, or full."""
    try:
        return TemporaryFile()
    except OSError as error:
        raise FileError(
            f"no temporary folder can be written: {error.strerror or error}",
            "set TMPDIR to a folder that can",
        ) from error


REPORT = "what the model's code writes goes to standard error, so this is a bug of cnnprof"
OTHER_MODEL = "run the model alone with python to see more; a smaller --batch or --input takes less memory"


def how_it_ended(code: int | None, said: str) -> str:
    """The end of a process in words: a negative code is the signal that killed it."""
    if code == -getattr(signal, "SIGKILL", 9):
        return "killed by the system, most likely for lack of memory (signal 9)"
    words = f" ({said})" if said else ""
    if code is not None and code < 0:
        return f"crashed: {signal.strsignal(-code) or f'signal {-code}'}{words}"
    return f"its process ended by itself, exit code {code}{words}"


def _error(told: object) -> CnnprofError:
    """An error told by the worker, of the class it was there."""
    fields = told if isinstance(told, dict) else {"message": str(told)}
    known = {kind.__name__: kind for kind in _kinds(CnnprofError)}
    kind = known.get(str(fields.get("kind")), ModelError)
    return kind(str(fields.get("message", "")), str(fields.get("hint", "")))


def _kinds(kind: type[CnnprofError]) -> list[type[CnnprofError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _kinds(child))]
