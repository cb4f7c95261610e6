"""Workers forked by a seed: they behave as if each had been started, whatever becomes of the seed."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from cnnprof.errors import CnnprofError, MissingRuntimeError
from cnnprof.measure.processes import session as worker_session
from cnnprof.measure.processes.child import Forked
from cnnprof.measure.processes.priority import needs_session
from cnnprof.measure.processes.process import LostError, Worker
from cnnprof.measure.processes.seed import CAN_FORK, Seed, adopting
from cnnprof.measure.processes.session import WorkerSession
from tests.measure.test_process import WORKER, becomes, goes

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="workers are not forked on this system")

# What a seed does, with the worker's lines behind the fork.
SEED = """
import socket
from cnnprof.measure.processes.seed import fork_on_request, threads
answers = os.fdopen(os.dup(1), "wb")
channel = socket.socket(fileno=os.dup(0))
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0); os.dup2(2, 1); os.close(nothing)
send_ready = json.dumps({"threads": threads()}).encode()
answers.write(len(send_ready).to_bytes(8, "big") + send_ready); answers.flush()
if not fork_on_request(channel, answers): os._exit(0)
"""

Sow = Callable[[str], Seed]


@pytest.fixture
def sow() -> Iterator[Sow]:
    """A seed that is ready, whose copies run the lines given; it is ended with the test."""
    sown: list[Seed] = []

    def start(lines: str) -> Seed:
        sown.append(Seed([sys.executable, "-c", f"{WORKER}\n{SEED}\n{lines}"]))
        assert sown[-1].answer(60) == {"threads": 1}
        return sown[-1]

    yield start
    for each in sown:
        each.end()


@pytest.fixture
def copied(sow: Sow) -> Iterator[Callable[..., list[Worker]]]:
    """Workers that run the lines given, forked by one seed."""
    workers: list[Worker] = []

    def start(lines: str, count: int = 1) -> list[Worker]:
        workers.extend(sow(lines).copies(count))
        return workers

    yield start
    for each in workers:
        each.end()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_copies_answer_each_by_itself_once_their_seed_has_ended(sow: Sow) -> None:
    origin = sow(
        "send(me=os.getpid(), group=os.getpgid(0), session=os.getsid(0)); turn(float(receive()['s'])); time.sleep(60)"
    )
    origin_session = os.getsid(origin.pid)
    assert needs_session() or sys.version_info < (3, 11) or origin_session == os.getsid(0)
    workers = origin.copies(3)
    try:
        assert not Path(f"/proc/{origin.pid}").exists()
        told = [worker.answer(30) for worker in workers]
        assert [each["me"] for each in told] == [worker.pid for worker in workers]
        assert [each["group"] for each in told] == [worker.pid for worker in workers]  # Ctrl-C is ours alone
        # in sessions of their own where they are to go first
        sessions = [worker.pid if needs_session() else origin_session for worker in workers]
        assert [each["session"] for each in told] == sessions
        assert {parent_of(worker.pid) for worker in workers} == {os.getpid()}
        for at, worker in enumerate(workers):
            worker.tell({"s": at + 0.5})
        assert [WorkerSession(worker).time(2) for worker in workers] == [[0.5] * 2, [1.5] * 2, [2.5] * 2]
    finally:
        for worker in workers:
            worker.end()
    with pytest.raises(ChildProcessError):  # waited for, all of them
        os.waitpid(workers[0].pid, 0)


def test_a_copy_is_stopped_and_ended_with_what_it_started(copied: Callable[..., list[Worker]]) -> None:
    (worker,) = copied(
        "pid = os.fork()\nwhile not pid: pass\nreceive(); send(helper=pid)\nturn(); time.sleep(60)"
    )
    helper = worker.ask({}, 30)["helper"]
    WorkerSession(worker).time(2)
    assert becomes("T", worker.pid)
    assert becomes("T", helper)
    worker.end()
    assert not Path(f"/proc/{worker.pid}").exists()
    assert goes(helper)  # init's, not ours: we adopt only while copies are handed over


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "sys.stderr.write('bad kernel\\n'); os.kill(os.getpid(), signal.SIGSEGV)",
            "crashed: Segmentation fault (bad kernel)",
        ),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "killed by the system, most likely for lack of memory (signal 9)",
        ),
        ("os._exit(3)", "its process ended by itself, exit code 3"),
        (
            "1 / 0",
            "its process ended by itself, exit code 1 (ZeroDivisionError: division by zero)",
        ),
        (
            "os.write(answer, b'Intel MKL says hello'); time.sleep(60)",
            "its process answered with something that is no message",
        ),
    ],
)
def test_a_copy_that_ends_says_how(copied: Callable[..., list[Worker]], lines: str, words: str) -> None:
    # The other copy's standard error is its own.
    mine = "receive()['fails'] or (os.write(2, b'not me\\n'), turn(), os._exit(0)); answer = 1"
    fine, failing = copied(f"{mine}\n{lines}", 2)
    fine.tell({"fails": False})
    failing.tell({"fails": True})
    with pytest.raises(LostError) as lost:
        WorkerSession(failing).time(1)
    assert lost.value.message == words
    assert WorkerSession(fine).time(1) == [0.001]


def test_a_copy_that_hangs_is_given_up(
    copied: Callable[..., list[Worker]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_session, "START_LIMIT_S", 0.2)
    (worker,) = copied("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    with pytest.raises(LostError, match="no answer within 0 s"):
        WorkerSession(worker).time(1)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_copies_share_no_open_files(copied: Callable[..., list[Worker]]) -> None:
    first, second = copied("while True: receive(); send(open=sorted(os.listdir('/proc/self/fd')))", 2)
    open_files = first.ask({}, 30)["open"]
    assert second.ask({}, 30)["open"] == open_files  # nothing of the first is left in the second
    first.end()
    assert second.ask({}, 30)["open"] == open_files


def test_a_seed_that_has_died_has_no_copies(sow: Sow) -> None:
    origin = sow("time.sleep(60)")
    os.kill(origin.pid, signal.SIGKILL)
    with pytest.raises(LostError):
        origin.copies(2)
    with pytest.raises(LostError, match="has ended"):
        origin.answer(1)


def test_a_seed_that_dies_between_two_copies_leaves_none(sow: Sow, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = sow("time.sleep(600)")
    pids: list[int] = []
    begin = Seed._fork

    def dying(self: Seed, errors: object) -> object:
        if pids:
            os.kill(self.pid, signal.SIGKILL)
        child = begin(self, errors)  # type: ignore[arg-type]
        pids.append(child.pid)
        return child

    monkeypatch.setattr(Seed, "_fork", dying)
    with pytest.raises(LostError):
        origin.copies(3)
    assert len(pids) == 1
    assert goes(pids[0])


@pytest.mark.parametrize("at", ["asked", "told", "handed over"])
def test_ctrl_c_while_copies_are_made_leaves_none(sow: Sow, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    origin = sow("receive()")  # ends where its standard input does
    pids: list[int] = []
    answer, end = Seed.answer, Seed.end

    def interrupted(self: Seed, limit_s: float) -> dict[str, object]:
        if at == "asked" and pids:
            pids.append(next_child(self.pid, pids[0]))  # it is there and nobody has read so
            raise KeyboardInterrupt
        told = answer(self, limit_s)
        pids.append(int(told["forked"]))
        if at == "told" and len(pids) == 2:
            raise KeyboardInterrupt
        return told

    def interrupted_at_the_end(self: Seed) -> None:
        end(self)
        if at == "handed over":
            monkeypatch.setattr(Seed, "end", end)
            raise KeyboardInterrupt

    monkeypatch.setattr(Seed, "answer", interrupted)
    monkeypatch.setattr(Seed, "end", interrupted_at_the_end)
    with pytest.raises(KeyboardInterrupt):
        origin.copies(2)
    assert len(pids) == 2
    assert all(goes(pid) for pid in (origin.pid, *pids))


def next_child(pid: int, first: int) -> int:
    """The child that comes after the first one."""
    for _ in range(500):
        children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        if others := [child for child in children if child != first]:
            return others[0]
        time.sleep(0.01)
    raise AssertionError("there is no second child")


@pytest.mark.parametrize("dying", ["before", "after"])
def test_seed_and_copies_die_with_the_parent(dying: str) -> None:
    code = (
        "import os, sys, time\n"
        "from cnnprof.measure.processes.channel import write_message\n"
        "from cnnprof.measure.processes.seed import fork_on_request\n"
        "from cnnprof.pipeline.worker import die_with, take_over_channel\n"
        "import socket\n"
        "requests, answers = take_over_channel()\n"
        "die_with(int(sys.argv[1]))\n"
        "write_message(answers, {})\n"
        "fork_on_request(socket.socket(fileno=os.dup(requests.fileno())), answers)\n"
        "die_with(int(sys.argv[1])); os.write(1, bytes(7) + b'\\2{}'); time.sleep(600)\n"
    )
    parent = (
        "import os, signal, sys\n"
        "from cnnprof.measure.processes.seed import Seed\n"
        f"seed = Seed([sys.executable, '-c', {code!r}, str(os.getpid())]); seed.answer(60)\n"
        f"made = [] if {dying!r} == 'before' else seed.copies(2)\n"
        "[(each.answer(60), each.stop()) for each in made]\n"
        "print(*[each.pid for each in (made or [seed])], flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=False
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == (1 if dying == "before" else 2), done.stderr
    for pid in pids:
        assert goes(pid)


def orphan() -> int:
    """A process whose parent has ended; it lives for a minute if nobody ends it."""
    code = "import os, time\npid = os.fork()\nif pid: print(pid)\nelse: os.close(1); time.sleep(60)"
    return int(subprocess.check_output([sys.executable, "-S", "-c", code]))


def test_we_adopt_only_inside() -> None:
    with adopting():
        ours = orphan()
    assert parent_of(ours) == os.getpid()
    child = Forked(ours, BytesIO(), BytesIO())
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    child.kill()
    assert (child.wait(), child.poll()) == (-signal.SIGKILL, -signal.SIGKILL)
    child.kill()  # its number may be another's by now
    other = orphan()
    assert parent_of(other) != os.getpid()
    assert Forked(other, BytesIO(), BytesIO()).wait() == 0  # as Popen has it for what is not ours
    os.kill(other, signal.SIGKILL)


def test_a_system_that_refuses_to_hand_over(sow: Sow, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, *_: object, **__: object) -> None: ...

        def prctl(self, *_: object) -> int:
            return -1

    origin = sow("time.sleep(60)")
    monkeypatch.setattr(ctypes, "CDLL", Refusing)
    with pytest.raises(OSError, match="cannot adopt"):
        origin.copies(1)
    assert goes(origin.pid)


def test_errors_of_a_seed_are_told() -> None:
    broken = Seed([sys.executable, "-S", "-c", "raise ImportError('no torch')"])
    with pytest.raises(CnnprofError, match=r"exit code 1 \(ImportError: no torch\)"):
        broken.answer(60)
    broken.end()


@pytest.mark.parametrize(("number", "limit"), [(errno.EMFILE, "ulimit -n"), (errno.EAGAIN, "ulimit -u")])
@pytest.mark.parametrize("refused", ["subprocess.Popen", "socket.socketpair"])
def test_no_seed_can_begin(monkeypatch: pytest.MonkeyPatch, refused: str, number: int, limit: str) -> None:
    def by_the_system(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(refused, by_the_system)
    with pytest.raises(MissingRuntimeError, match=f"time in: {os.strerror(number)}") as told:
        Seed([sys.executable])
    assert limit in told.value.hint
