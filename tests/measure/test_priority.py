"""Workers go first where the system allows it, and nothing else changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from cnnprof.measure.processes import priority
from cnnprof.measure.processes.child import spawn
from cnnprof.measure.processes.priority import AUTOGROUP, FIRST, go_first, may_go_first, needs_session

needs_priorities = pytest.mark.skipif(not hasattr(os, "setpriority"), reason="this system has no niceness")


class System:
    """One that notes what is set; ``allowed`` tells whether anything may be, ``niceness`` is what we began with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.set: list[tuple[int, int]] = []
        self.allowed, self.niceness = True, 0
        self.autogroup = folder / "autogroup"
        self.autogroup.write_text("/autogroup-1 nice 0")
        for thread in ("11", "12"):
            (folder / "task" / thread).mkdir(parents=True)
        monkeypatch.setattr(priority, "AUTOGROUP", self.autogroup)
        monkeypatch.setattr(priority, "THREADS", folder / "task")
        monkeypatch.setattr("os.getpriority", lambda which, who: self.niceness)
        monkeypatch.setattr("os.setpriority", self._set)
        monkeypatch.setattr("os.getppid", lambda: 99)
        monkeypatch.setattr("os.getsid", lambda process: process == 0)  # of our own
        monkeypatch.setattr("time.sleep", lambda seconds: None)

    def _set(self, which: int, who: int, niceness: int) -> None:
        if not self.allowed:
            raise PermissionError
        self.set.append((who, niceness))


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[System]:
    _forget()
    yield System(monkeypatch, tmp_path)
    _forget()


def _forget() -> None:
    may_go_first.cache_clear()
    needs_session.cache_clear()


@needs_priorities
def test_all_threads_and_a_session_of_its_own_are_raised(system: System) -> None:
    assert go_first()
    assert system.set[:2] == [(0, FIRST), (0, 0)], "tried out, and taken back"
    assert sorted(system.set[2:]) == [(11, FIRST), (12, FIRST)]
    assert system.autogroup.read_text() == str(FIRST)


@needs_priorities
def test_the_session_of_the_parent_stays_as_it_is(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getsid", lambda process: 7)
    go_first()
    assert (11, FIRST) in system.set
    assert system.autogroup.read_text() == "/autogroup-1 nice 0"


@needs_priorities
def test_who_may_not_stays_where_it_is(system: System) -> None:
    system.allowed = False
    assert not go_first()
    assert not needs_session()
    assert not system.set
    assert system.autogroup.read_text() == "/autogroup-1 nice 0"


@needs_priorities
def test_another_niceness_is_the_user_s_own_choice(system: System) -> None:
    system.niceness = 5
    assert not go_first()
    assert not system.set


@needs_priorities
def test_a_change_that_comes_too_soon_after_another_is_tried_again(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    class Busy:
        def write_text(self, text: str, encoding: str) -> None:
            tries.append(text)
            if len(tries) < 3:
                raise BlockingIOError

    needs_session()  # asked while the file was there
    monkeypatch.setattr(priority, "AUTOGROUP", Busy())
    assert go_first()
    assert tries == [str(FIRST)] * 3


@needs_priorities
def test_a_session_that_stays_behind_is_told(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def write_text(self, text: str, encoding: str) -> None:
            raise PermissionError

    needs_session()
    monkeypatch.setattr(priority, "AUTOGROUP", Refusing())
    assert not go_first()


def test_without_niceness_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.getpriority", raising=False)
    _forget()
    assert not go_first()
    _forget()


@pytest.mark.skipif(not needs_session(), reason="the system does not let us go first")
def test_a_real_child_goes_first_in_a_session_of_its_own() -> None:
    code = (
        "import os; from cnnprof.measure.processes.priority import AUTOGROUP, go_first; go_first()\n"
        "print(os.getsid(0) == os.getpid(), os.getpriority(0, 0), AUTOGROUP.read_text().split()[-1])"
    )
    before = AUTOGROUP.read_text()
    with TemporaryFile() as errors:
        child = spawn([sys.executable, "-c", code], errors)
        assert child.stdout is not None
        assert child.stdout.read().decode().split() == ["True", str(FIRST), str(FIRST)]
        child.wait()
        for stream in (child.stdin, child.stdout):
            assert stream is not None
            stream.close()
    assert AUTOGROUP.read_text() == before
    assert os.getpriority(os.PRIO_PROCESS, 0) == 0


@needs_priorities
def test_a_session_that_cannot_be_raised_is_no_success(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # /proc mounted to be read
    assert not go_first()


def test_without_a_thread_to_try_in_nothing_goes_first(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", full)
    assert not may_go_first()
