"""Ctrl-C and other ways of ending a command: what was measured is not lost, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnnprof.cli import interrupts
from cnnprof.cli.failures import say
from cnnprof.cli.interrupts import (
    AGAIN_S,
    end_tidily,
    hear_interrupts,
    interrupted_code,
    interrupts_as_found,
    listen_to_interrupts,
    may_block,
)
from cnnprof.cli.progress import shown_progress
from cnnprof.interrupts import ENDINGS, without_interrupts
from cnnprof.render.comparison import report as compare
from tests.cli.conftest import Cnnprof, FakePipeline

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has other ways of ending")


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C as in a terminal: a job in the background has it ignored, and so have its tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@needs_signals
def test_ctrl_c_after_measuring_loses_nothing(
    heard: None, cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = compare.compare_report

    def impatient(*args: object, **options: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return report(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(compare, "compare_report", impatient)
    before = signal.getsignal(signal.SIGINT)
    done = cnnprof("compare", "ghostnet", "mobilenet_v2", "-o", str(tmp_path / "a.csv"))
    assert (done.code, "verdict" in done.out) == (0, True)
    assert (tmp_path / "a.csv").read_text().count("\n") == 3
    assert signal.getsignal(signal.SIGINT) is before


@needs_signals
def test_ctrl_c_ends_what_runs_and_is_ignored_afterwards(heard: None) -> None:
    with interrupts_as_found():
        with pytest.raises(KeyboardInterrupt), shown_progress(quiet=True):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), shown_progress(quiet=True):
            signal.raise_signal(signal.SIGINT)
        listen_to_interrupts()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@needs_signals
def test_ctrl_c_waits_for_a_library_that_is_being_imported(
    heard: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs in C++ then swallows the exception, or ends the process by it."""
    spec = SimpleNamespace(_initializing=True)
    monkeypatch.setitem(sys.modules, "ncnn", SimpleNamespace(__spec__=spec))
    hear_interrupts()
    signal.raise_signal(signal.SIGINT)
    time.sleep(3 * AGAIN_S)  # asked again, and still nothing
    spec._initializing = False
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_on_windows_ctrl_c_waits_likewise(heard: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """``os.kill`` ends the process there, whatever signal it is given."""
    spec = SimpleNamespace(_initializing=True)
    killed: list[object] = []
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("os.kill", lambda *given: killed.append(given))
    monkeypatch.setitem(sys.modules, "ncnn", SimpleNamespace(__spec__=spec))
    hear_interrupts()
    signal.raise_signal(signal.SIGINT)
    time.sleep(3 * AGAIN_S)
    spec._initializing = False
    with pytest.raises(KeyboardInterrupt):
        _run_for_a_while()
    assert not killed


def _run_for_a_while() -> None:
    """Code in Python: only between two of its instructions is a signal noticed that came to another thread."""
    for _ in range(100):
        time.sleep(AGAIN_S)


@needs_signals
def test_a_job_without_ctrl_c_gets_none(heard: None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hear_interrupts()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@needs_signals
def test_what_is_killed_politely_tidies_up(tmp_path: Path) -> None:
    code = (
        "import time; from cnnprof import cli\n"
        "def run():\n"
        " try:\n  print('ready', flush=True); time.sleep(60)\n"
        " finally:\n  print('tidy', flush=True)\n"
        "cli._run = run; cli.main()"
    )
    ways = (signal.SIGTERM, signal.SIGHUP)
    for number in (
        way for way in ways if signal.getsignal(way) != signal.SIG_IGN
    ):  # nohup: the tests, and all below
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            assert process.stdout.read() == "tidy\n"
        assert process.returncode == 128 + number


@needs_signals
def test_who_is_asked_to_end_again_tidies_up_all_the_same() -> None:
    code = (
        "import sys; from cnnprof import cli\n"
        "def run():\n"
        " try:\n  print('ready', flush=True); sys.stdin.readline()\n"
        " finally:\n  print('tidying', flush=True); sys.stdin.readline(); print('tidy', flush=True)\n"
        "cli._run = run; cli.main()"
    )
    for again in (signal.SIGTERM, signal.SIGHUP):
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline() == "tidying\n"
            process.send_signal(again)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.read() == "tidy\n"
        assert process.returncode == 128 + signal.SIGTERM


@pytest.fixture
def asked(heard: None) -> Iterator[None]:
    """Signals that ask us to end are heard; pytest's own ways are put back."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDINGS}
    end_tidily()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@needs_signals
def test_being_asked_to_end_stops_measuring_as_ctrl_c_does(asked: None) -> None:
    assert interrupted_code() == 130
    with interrupts_as_found():
        with pytest.raises(KeyboardInterrupt), shown_progress(quiet=True):
            signal.raise_signal(signal.SIGTERM)
        assert interrupted_code() == 143
        signal.raise_signal(signal.SIGHUP)  # one is enough
    assert interrupted_code() == 143


@needs_signals
@pytest.mark.parametrize("background", [False, True])
def test_being_asked_to_end_waits_for_what_is_handed_over(asked: None, background: bool) -> None:
    if background:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    before, done = signal.getsignal(signal.SIGINT), []

    def deliver() -> None:
        with interrupts_as_found():
            with shown_progress(quiet=True):
                pass
            signal.raise_signal(signal.SIGTERM)
            time.sleep(3 * AGAIN_S)
            done.append("saved")
            listen_to_interrupts()
            _run_for_a_while()

    with pytest.raises(KeyboardInterrupt):
        deliver()
    assert done == ["saved"]
    assert signal.getsignal(signal.SIGINT) is before


@needs_signals
def test_what_is_put_together_is_not_cut_short(asked: None) -> None:
    done = []

    def conclude() -> None:
        with without_interrupts():
            signal.raise_signal(signal.SIGTERM)
            time.sleep(3 * AGAIN_S)
            done.append("put together")
        _run_for_a_while()

    with pytest.raises(KeyboardInterrupt):
        conclude()
    assert done == ["put together"]


@needs_signals
def test_being_asked_to_end_does_not_wait_forever(asked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "PATIENCE_S", 2 * AGAIN_S)

    def hang() -> None:
        with without_interrupts():
            signal.raise_signal(signal.SIGTERM)
            _run_for_a_while()

    with pytest.raises(KeyboardInterrupt):
        hang()


@needs_signals
def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    others = signal.getsignal(signal.SIGTERM)
    try:
        end_tidily()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.signal(signal.SIGTERM, others)


@needs_signals
def test_ctrl_c_ends_waiting_for_a_reader(tmp_path: Path) -> None:
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from cnnprof.cli import output\n"
        "from cnnprof.cli.progress import shown_progress\n"
        "with shown_progress(quiet=True): pass\n"
        "output.print_results = lambda *args: sys.stdout.write('x' * 10**7)\n"
        "output.deliver(output.Results([], ()), 'table', None, True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"x"
        time.sleep(0.2)  # in the middle of a write that nobody takes
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0


def test_a_pipe_may_block_and_a_file_does_not(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as file:
        assert not may_block(file)
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
        assert may_block(pipe)


def test_an_error_that_nobody_reads_keeps_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object, **options: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("typer.echo", gone)
    say("error: nobody reads this")


def test_help_whose_reader_has_left_is_no_error() -> None:
    shell = f"{sys.executable} -m cnnprof profile --help | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", shell], capture_output=True).returncode == 0
