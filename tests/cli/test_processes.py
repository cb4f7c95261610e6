"""The command as a process: what it imports, and how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest

from cnnprof.store.readers import load

HEAVY = {"torch", "pandas", "numpy", "fvcore", "scipy", "pydantic", "matplotlib", "sympy"}

INTERRUPTED = """
import os
import signal
import sys
from pathlib import Path

from torch import nn

TIMED = Path(__file__).with_name("timed")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.second = False
        if sys.argv[0] == "-c":  # in a process that it is timed in
            self.second = TIMED.exists()
            TIMED.touch()

    def forward(self, x):
        if self.second:  # the first process has been measured
            self.second = False
            for process in (os.getpid(), os.getppid()):  # a scheduler's signal reaches all processes of a job
                os.kill(process, signal.SIGINT)
        return self.conv(x).mean((2, 3))
"""


def run(*arguments: object, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-m", "cnnprof", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, preexec_fn=heed_ctrl_c
    )


def heed_ctrl_c() -> None:
    """What a shell starts in the background, the tests among it, ignores Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def imported(stderr: str) -> set[str]:
    return set(re.findall(r"\| +([\w.]+)$", stderr, re.MULTILINE))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["list"], ["list", "-v"], ["profile", "-h"]]
)
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    done = run(*arguments, options=("-X", "importtime"))
    assert done.returncode == 0
    modules = imported(done.stderr)
    assert "typer" in modules
    assert not modules & HEAVY


def test_options_are_refused_before_torch_is_imported() -> None:
    done = run("profile", "ghostnet", "--input", "0", options=("-X", "importtime"))
    assert done.returncode == 3
    assert not imported(done.stderr) & HEAVY


def test_counting_imports_neither_pandas_nor_scipy_nor_fvcore() -> None:
    done = run("profile", "squeezenet1_1", "--no-latency", "--quiet", options=("-X", "importtime"))
    assert done.returncode == 0
    modules = imported(done.stderr)
    assert "torch" in modules
    assert not modules & {"pandas", "scipy", "fvcore", "rich", "pydantic", "matplotlib"}


@pytest.mark.parametrize(
    "error", ["OSError('libtorch.so: no such file')", "ValueError('Invalid log settings: x')"]
)
def test_a_torch_that_cannot_be_imported_is_no_bug_of_ours(
    error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(f"raise {error}\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = run("profile", "mobilenet_v2", "--no-latency")
    kind, _, text = error[:-2].partition("('")
    assert done.returncode == 6
    assert done.stderr.splitlines() == [
        f"error: torch cannot be imported: {kind}: {text}",
        'hint: python -c "import torch" has to work: see to its installation and its variables (TORCH_...)',
    ]


def test_the_reader_of_a_pipe_may_leave() -> None:
    command = f"{quote(sys.executable)} -m cnnprof list -v | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_on_a_full_disk(unbuffered: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnnprof", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr.splitlines() == [
        "error: cannot write standard output: No space left on device",
        "hint: free space, or save with -o",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_help_on_a_full_disk() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnnprof", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr.startswith("error: cannot write standard output: No space left on device\n")
    assert "Traceback" not in done.stderr


def test_streams_that_were_closed(tmp_path: Path) -> None:
    command = f"{quote(sys.executable)} -m cnnprof profile squeezenet1_1 --no-latency"
    for closed in (f"-o {quote(str(tmp_path))}/a.csv >&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(
            ["bash", "-c", f"{command} {closed}"], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, closed
        assert "bug" not in done.stderr
    assert (tmp_path / "a.csv").is_file()


@pytest.mark.parametrize("code", ["ascii", "latin-1"])
def test_an_encoding_without_a_character_is_no_error(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnnprof", "list", "-v"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": code},
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("code", ["ascii", "latin-1", "utf-8"])
def test_json_on_standard_output_loads_in_every_encoding(code: str, tmp_path: Path) -> None:
    net, file = tmp_path / "nétz.py", tmp_path / "a.json"
    net.write_text("from torch import nn\n\n\ndef net():\n    return nn.Conv2d(3, 8, 3)\n")
    with file.open("wb") as written:
        subprocess.run(
            [sys.executable, "-m", "cnnprof", "profile", f"{net}:net", "--no-latency", "--format", "json"],
            stdout=written,
            env={**os.environ, "PYTHONIOENCODING": code},
            timeout=60,
            check=True,
        )
    (found,) = load(file)
    assert found.request.model == f"{net}:net"


@pytest.mark.real
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM"])
def test_an_interruption_prints_and_saves_what_there_is(way: str, tmp_path: Path) -> None:
    net, file = tmp_path / "net.py", tmp_path / "a.json"
    net.write_text(INTERRUPTED.replace("SIGINT", way))
    options = ["--input", "3x32x32", "--budget", "3", "--threads", "1", "--precision", "0.0001%"]
    done = run("profile", f"{net}:Net", *options, "-o", file)
    assert done.returncode == 128 + getattr(signal, way), done.stderr
    assert "interrupted" in done.stdout
    assert "Traceback" not in done.stderr
    (found,) = load(file)
    assert found.timing is not None
    assert found.timing.samples > 0


@pytest.mark.real
@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="one core, bound or not"
)
def test_openmp_does_not_bind_us_to_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    net, file = tmp_path / "net.py", tmp_path / "a.json"
    net.write_text("from torch import nn\n\n\ndef net():\n    return nn.Conv2d(3, 8, 3)\n")
    options = ["--input", "3x32x32", "--budget", "0.1", "--processes", "1"]
    done = run("profile", f"{net}:net", *options, "-o", file)
    assert done.returncode == 0, done.stderr
    assert "warning: OMP_PROC_BIND set aside: the system places threads" in done.stderr
    (found,) = load(file)
    assert found.environment.cores_allowed == len(os.sched_getaffinity(0))


def test_a_picture_leaves_nothing_but_itself(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    home, picture = tmp_path / "home", tmp_path / "x.png"
    home.mkdir()
    command = ["profile", "squeezenet1_1", "--memory", "-o", str(picture)]
    places = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    subprocess.run(
        [sys.executable, "-m", "cnnprof", *command],
        env=places | {"HOME": str(home)},
        check=True,
        capture_output=True,
    )
    assert picture.exists()
    assert list(home.rglob("*")) == []


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_that_takes_a_part_is_no_success(unbuffered: str, tmp_path: Path) -> None:
    with open(tmp_path / "cut.json", "w") as file:
        done = subprocess.run(
            [sys.executable, "-m", "cnnprof", "list", "--format", "json"],
            stdout=file,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            preexec_fn=limit_files,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr.startswith("error: cannot write standard output: File too large\nhint: ")


LATE = """
import atexit
from torch import nn

atexit.register(lambda: print("saved the run"))


def build():
    return nn.Conv2d(3, 4, 3)
"""


def test_what_the_users_code_prints_at_exit_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(LATE)
    done = run("profile", f"{tmp_path / 'late.py'}:build", "--input", 16, "--no-latency", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]
    assert "saved the run" in done.stderr
