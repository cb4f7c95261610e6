"""The process under a worker: started with a program of its own, or forked by a seed and adopted by us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any, BinaryIO, Protocol

from cnnprof.measure.processes.priority import needs_session

CAN_STOP = hasattr(signal, "SIGSTOP") and hasattr(os, "killpg")
LOOK_S = 0.001  # between two looks at whether it has ended
GROUPS: dict[str, Any] = (
    {"process_group": 0} if sys.version_info >= (3, 11) else {"preexec_fn": getattr(os, "setpgrp", None)}
)
# Windows has Ctrl-C reach everyone at the console but the head of a group.
OWN_GROUP = GROUPS if CAN_STOP else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


class Child(Protocol):
    """What ``subprocess.Popen`` offers of a child, as far as a worker needs it.

    Its number stays its own until it has been waited for, so it is safe to send signals to until then.
    """

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    @property
    def stdin(self) -> IO[bytes] | None:
        """What it reads; None where that is not ours to write."""
        ...

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it writes."""
        ...

    def poll(self) -> int | None:
        """Its exit code, or the signal that ended it as a negative number; None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """The same once it has ended; subprocess.TimeoutExpired after ``timeout`` seconds."""
        ...

    def kill(self) -> None:
        """Have the system end it."""
        ...


Begin = Callable[[BinaryIO], Child]  # given the file for its standard error


def can_start() -> bool:
    """Whether this Python can start another one."""
    return bool(sys.executable) and sys.platform not in ("emscripten", "wasi")


def spawn(command: Sequence[str], errors: BinaryIO, stdin: IO[bytes] | int = subprocess.PIPE) -> Child:
    """A child that runs ``command``, at the head of a process group of its own, and of a session where it goes first.

    Linux shares cores out among sessions first: from one of its own at no higher priority, a network of 17 ms took 2 s
    beside another process of the terminal that kept one of two cores busy, since its thread there waited a tick of the
    scheduler in each op. Helpers of its own that are stopped when we are killed stay stopped then: the system wakes
    those of our session alone.
    """
    apart: dict[str, Any] = {"start_new_session": True} if needs_session() else OWN_GROUP
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, **apart)


class Forked:
    """A child that runs no program of its own. Another process has forked it: it is ours once that one has ended."""

    def __init__(self, pid: int, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._code: int | None = None

    def poll(self) -> int | None:
        """As ``subprocess.Popen`` has it, which also takes 0 for the end of a child that is not ours."""
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._code = 0
            else:
                self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; subprocess.TimeoutExpired after ``timeout`` seconds."""
        begun = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(LOOK_S)
        return code

    def kill(self) -> None:
        """Have the system end it; nothing where we know that it has ended."""
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
