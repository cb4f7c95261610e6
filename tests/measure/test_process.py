"""Worker processes that behave, and all the ways in which they do not; the workers are a few lines of Python."""

from __future__ import annotations

import errno
import os
import runpy
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest

from cnnprof.errors import CnnprofError, FileError, MissingRuntimeError, ModelError, UnknownNameError
from cnnprof.measure.processes import child, process
from cnnprof.measure.processes import session as worker_session
from cnnprof.measure.processes.child import CAN_STOP
from cnnprof.measure.processes.process import LostError, Worker, how_it_ended
from cnnprof.measure.processes.session import WorkerSession
from cnnprof.measure.session import Taken
from cnnprof.records.timing import Witness

WORKER = """
import json, os, signal, sys, time

def send(**message):
    body = json.dumps(message).encode()
    os.write(1, len(body).to_bytes(8, "big") + body)

def receive():
    return json.loads(os.read(0, int.from_bytes(os.read(0, 8), "big")))

def turn(seconds=0.001):
    asked = receive()
    witness = {"faults": 7, "waited_s": 0.5}
    send(seconds=[seconds] * asked["time"], witness=witness, lead_in=asked["time"] > 1, core=asked["core"])
"""

posix = pytest.mark.skipif(not CAN_STOP, reason="this system cannot stop a process")
Begin = Callable[[str], Worker]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Start a worker that runs the lines given; all are ended with the test."""
    workers: list[Worker] = []

    def start(lines: str) -> Worker:
        workers.append(Worker([sys.executable, "-S", "-c", f"{WORKER}\n{lines}"]))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()


def state(pid: int) -> str:
    """``S`` sleeping, ``R`` running, ``T`` stopped, ``Z`` ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def goes(pid: int) -> bool:
    """Whether it ends without being waited for by us; where nobody waits for orphans it stays as a name."""
    for _ in range(500):
        try:
            if state(pid) == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def becomes(wanted: str, pid: int) -> bool:
    for _ in range(500):
        if state(pid) in wanted:
            return True
        time.sleep(0.01)
    return False


def test_a_turn_is_one_message_there_and_one_back(begin: Begin) -> None:
    session = WorkerSession(begin("turn(0.25); turn(0.5); time.sleep(60)"))
    assert session.take(3, core=1) == Taken([0.25, 0.25, 0.25], Witness(faults=7, waited_s=0.5), True, 1)
    assert session.time(1) == [0.5]


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_nothing_of_a_worker_runs_between_its_turns(begin: Begin) -> None:
    # Its helper spins for ever, as a thread pool would.
    worker = begin(
        "pid = os.fork()\nwhile not pid: pass\nreceive(); send(helper=pid)\nturn(); turn(); time.sleep(60)"
    )
    helper = worker.ask({}, 30)["helper"]
    session = WorkerSession(worker)
    assert len(session.time(2)) == 2
    assert becomes("T", worker.pid)
    assert becomes("T", helper)
    assert len(session.time(2)) == 2
    assert becomes("T", helper)
    worker.end()
    assert not Path(f"/proc/{worker.pid}").exists()
    assert goes(helper)


def test_no_folder_for_temporary_files(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)  # looked for once, then remembered
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/no/such/folder"])
    with pytest.raises(FileError, match="no temporary folder can be written: No usable") as refused:
        begin("")
    assert "TMPDIR" in refused.value.hint


@posix
def test_a_crash_says_so_with_its_last_words(begin: Begin) -> None:
    worker = begin(
        "sys.stderr.write('bad kernel\\n\\n'); sys.stderr.flush(); os.kill(os.getpid(), signal.SIGSEGV)"
    )
    with pytest.raises(LostError, match="crashed") as lost:
        WorkerSession(worker).time(1)
    assert lost.value.message == "crashed: Segmentation fault (bad kernel)"
    assert lost.value.exit_code == 4


@posix
def test_killed_for_memory(begin: Begin) -> None:
    with pytest.raises(LostError, match="killed") as lost:
        WorkerSession(begin("os.kill(os.getpid(), signal.SIGKILL)")).time(1)
    assert lost.value.message == "killed by the system, most likely for lack of memory (signal 9)"


def test_an_end_of_its_own(begin: Begin) -> None:
    with pytest.raises(LostError, match="ended by itself, exit code 3"):
        WorkerSession(begin("os._exit(3)")).time(1)
    with pytest.raises(LostError, match=r"exit code 1 \(ZeroDivisionError: division by zero\)"):
        WorkerSession(begin("1 / 0")).time(1)


def test_a_hang_is_given_up(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_session, "START_LIMIT_S", 0.2)
    worker = begin("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    with pytest.raises(LostError, match="no answer within 0 s"):
        WorkerSession(worker).time(1)
    with pytest.raises(ProcessLookupError):  # it was killed and waited for
        os.kill(worker.pid, 0)


def test_a_time_in_which_we_were_stopped_is_no_hang(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = begin("turn()")
    answers = worker._answers
    waits: list[float] = []

    def stopped_in_the_first(timeout: float) -> object:
        """As after Ctrl-Z and fg a while later: the clock went on, and nobody has taken the answer from the pipe."""
        waits.append(timeout)
        if len(waits) == 1:
            raise Empty
        return answers.get(timeout=60.0)

    monkeypatch.setattr(worker, "_answers", SimpleNamespace(get=stopped_in_the_first, put=answers.put))
    assert worker.ask({"time": 1, "core": None}, 60.0)["seconds"] == [0.001]
    assert sum(waits) < 60.0


def test_the_limit_of_a_call_is_over_what_calls_took(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    class Noted(Worker):
        def ask(self, message: object, limit_s: float) -> dict[str, object]:
            asked.append(limit_s)
            return {"seconds": [0.5, 2.0], "witness": {}}

    worker = Noted([sys.executable, "-S", "-c", "input()"])
    session = WorkerSession(worker)
    session.time(2)
    session.time(3)
    worker.end()
    assert asked == [600.0, 60.0 + 20 * 3 * 2.0]


@pytest.mark.parametrize(
    "lines",
    [
        "os.write(1, b'Intel MKL says hello')",
        "send(hello=1)",
        "send(seconds=['a'], witness={})",
        "send(seconds=[1.0], witness={'no such': 1})",
    ],
)
def test_nonsense_is_no_answer(begin: Begin, lines: str) -> None:
    with pytest.raises(LostError, match="something that is no message"):
        WorkerSession(begin(f"{lines}; time.sleep(60)")).time(1)


@pytest.mark.parametrize("kind", [ModelError, UnknownNameError, MissingRuntimeError])
def test_an_error_over_there_is_the_same_here(begin: Begin, kind: type[CnnprofError]) -> None:
    told = f"send(error={{'kind': {kind.__name__!r}, 'message': 'the op', 'hint': 'another'}})"
    with pytest.raises(kind) as raised:
        WorkerSession(begin(told)).time(1)
    assert type(raised.value) is kind
    assert (raised.value.message, raised.value.hint) == ("the op", "another")


def test_a_lost_worker_stays_lost(begin: Begin) -> None:
    worker = begin("os._exit(0)")
    with pytest.raises(LostError):
        worker.ask({}, 10)
    worker.end()
    worker.stop()
    worker.go_on()
    for _ in range(2):
        with pytest.raises(LostError, match="has ended"):
            worker.ask({"time": 1}, 600)


@posix
def test_ctrl_c_is_the_parents_alone(begin: Begin) -> None:
    worker = begin("receive(); send(group=os.getpgid(0)); turn()")
    group = worker.ask({}, 30)["group"]
    assert group == worker.pid != os.getpgid(0)


@posix
@pytest.mark.skipif(
    sys.version_info < (3, 11), reason="a process group comes with a session before Python 3.11"
)
def test_a_worker_shares_the_cores_as_a_process_of_our_session(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnprof.measure.processes.child.needs_session", lambda: False)
    worker = begin("receive(); send(session=os.getsid(0)); turn()")
    assert worker.ask({}, 30)["session"] == os.getsid(0)


@posix
def test_a_worker_that_goes_first_has_a_session_of_its_own(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnprof.measure.processes.child.needs_session", lambda: True)
    worker = begin("receive(); send(session=os.getsid(0)); turn()")
    assert worker.ask({}, 30)["session"] == worker.pid


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_worker_dies_with_its_parent_even_stopped(tmp_path: Path) -> None:
    parent = (
        "import os, signal, subprocess, sys, time\n"
        "code = 'import os, sys, time; from cnnprof.pipeline.worker import die_with; '\n"
        "code += 'die_with(int(sys.argv[1])); print(1, flush=True); time.sleep(600)'\n"
        "child = subprocess.Popen([sys.executable, '-c', code, str(os.getpid())], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); os.kill(child.pid, signal.SIGSTOP)\n"
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=False
    )
    assert goes(int(done.stdout))


def test_a_worker_is_the_head_of_a_group_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.killpg", raising=False)
    monkeypatch.setattr("subprocess.CREATE_NEW_PROCESS_GROUP", 512, raising=False)
    assert runpy.run_path(child.__file__)["OWN_GROUP"] == {"creationflags": 512}


def test_an_end_of_its_own_is_no_kill_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("signal.SIGKILL", raising=False)
    assert how_it_ended(0, "") == "its process ended by itself, exit code 0"


def test_endings_in_words() -> None:
    assert how_it_ended(-11, "") == "crashed: Segmentation fault"
    assert (
        how_it_ended(1, "ImportError: no torch")
        == "its process ended by itself, exit code 1 (ImportError: no torch)"
    )
    assert how_it_ended(None, "") == "its process ended by itself, exit code None"


def test_no_process_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused_by_the_system(*_: object) -> Any:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(process, "spawn", refused_by_the_system)
    with pytest.raises(
        MissingRuntimeError, match="no process can be begun to time in: Resource temporarily"
    ) as refused:
        Worker([sys.executable])
    assert "--no-latency" in refused.value.hint


def test_no_thread_can_begin(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    with pytest.raises(MissingRuntimeError, match="can't start new thread") as refused:
        begin("")
    assert "ulimit -u" in refused.value.hint


@pytest.mark.parametrize(("number", "limit"), [(errno.EMFILE, "ulimit -n"), (errno.EAGAIN, "ulimit -u")])
def test_which_limit_is_named(monkeypatch: pytest.MonkeyPatch, number: int, limit: str) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("cnnprof.measure.processes.process.spawn", full)
    with pytest.raises(MissingRuntimeError) as refused:
        Worker(["python"])
    assert limit in refused.value.hint
