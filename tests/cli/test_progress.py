from __future__ import annotations

import errno
import io
import subprocess
import sys

import pytest

from cnnprof.cli.progress import progress_line, shown_progress
from cnnprof.measure.progress import Progress


def test_a_round_of_several_processes() -> None:
    line = progress_line(Progress("measure", "ghostnet", 11, 40, 1.62, 14.0, generation=1, generations=3))
    assert line == "round 12 of about 40, process 2 of 3  ghostnet  1.62x  at most 14 s left"
    line = progress_line(Progress("measure", "ghostnet", 0, None, None, 14.0))
    assert line == "round 1  ghostnet  at most 14 s left"


def test_what_comes_before_is_named_and_has_no_known_end() -> None:
    starting = Progress("starting", "ghostnet", 0, None, None, 0.0, generation=0, generations=3)
    assert progress_line(starting) == "starting, process 1 of 3  ghostnet"
    assert progress_line(Progress("converting", "ghostnet", 0, None, None, 0.0)) == "converting  ghostnet"
    assert (
        progress_line(Progress("warm-up", "alexnet", 0, None, None, 9.0))
        == "warming up  alexnet  at most 9 s left"
    )


def test_what_the_users_code_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(quiet=True):
        print("building the network")  # noqa: T201
    print("result")  # noqa: T201
    assert capsys.readouterr() == ("result\n", "building the network\n")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written to standard error, which passes for a terminal."""
    written = io.StringIO()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "write", written.write)
    return written


def test_progress_is_not_coloured_by_its_numbers(terminal: io.StringIO) -> None:
    with shown_progress(quiet=False) as on_progress:
        assert on_progress is not None
        on_progress(Progress("measure", "ghostnet", 11, 40, 1.62, 14.0))
    assert "round 12 of about 40  ghostnet  1.62x" in terminal.getvalue()


def test_a_terminal_that_has_been_closed_ends_nothing(
    terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(text: str) -> int:
        raise OSError(errno.EIO, "Input/output error")

    done: list[str] = []
    with shown_progress(quiet=False) as on_progress:
        assert on_progress is not None
        monkeypatch.setattr(sys.stderr, "write", gone)
        on_progress(Progress("starting", "ghostnet", 0, None, None, 0.0))
        done.append("measured")
    assert done == ["measured"]


def test_what_programs_of_the_users_code_print_is_no_result() -> None:
    code = (
        "import subprocess; from cnnprof.cli.progress import shown_progress\n"
        "with shown_progress(quiet=True): subprocess.run(['echo', 'loading'])\n"
        "subprocess.run(['echo', 'result'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("result\n", "loading\n")


def test_a_path_may_have_what_rich_takes_for_a_style(terminal: io.StringIO) -> None:
    with shown_progress(quiet=False) as on_progress:
        assert on_progress is not None
        on_progress(Progress("measure", "[/q].py:build", 0, None, None, 14.0))
        on_progress(Progress("starting", "w/[red]n.py:build", 0, None, None, 14.0))
    assert "[/q].py:build" in terminal.getvalue()
    assert "w/[red]n.py:build" in terminal.getvalue()
