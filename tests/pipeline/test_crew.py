"""Models in processes of their own: real processes, small blocks, no duration asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import ModelError
from cnnprof.measure.processes.channel import read_message, write_message
from cnnprof.measure.processes.priority import may_go_first
from cnnprof.measure.progress import Progress
from cnnprof.pipeline.crew import can_be_apart
from cnnprof.pipeline.flow import compare, profile
from cnnprof.pipeline.resolve import settle
from cnnprof.pipeline.worker import SETTLE, Model, serve
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.records.timing import Witness
from cnnprof.store.plain import to_plain

SMALL = Request(
    "block:inverted_residual", inputs=((16, 8, 8),), threads=1, device="cpu", budget_s=0.3, processes=1
)

NETS = """
import os, signal, sys, time
from torch import nn

class Net(nn.Module):
    def __init__(self, how="", calls=4):  # the check against eager takes 4
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.how, self.calls = how, calls

    def forward(self, x):
        self.calls -= 1
        if sys.argv[0] == "-c" and self.calls < 0:  # in its own process
            if self.how == "killed": os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "crashes": os.kill(os.getpid(), signal.SIGSEGV)
            if self.how == "raises": raise RuntimeError("no kernel for this")
        if self.how == "prints": print("hello", flush=True)
        return self.conv(x).mean((2, 3))
"""


@pytest.fixture
def nets(tmp_path: Path) -> str:
    """``file.py:Net`` with ``how`` to fail."""
    file = tmp_path / "nets.py"
    file.write_text(NETS)
    return f"{file}:Net"


def of(requests: Sequence[Request], **options: Any) -> Comparison:
    return compare(list(requests), **options)


def answers(*messages: dict[str, object], go_first: Callable[[], bool] = bool) -> list[dict[str, Any]]:
    """What the worker's loop says, in this process."""
    requests, said = BytesIO(), BytesIO()
    for message in messages:
        write_message(requests, message)
    requests.seek(0)
    serve(requests, said, Model(go_first))
    said.seek(0)
    found = []
    while (answer := read_message(said)) is not None:
        found.append(answer)
    return found


def told(request: Request) -> dict[str, object]:
    return {"prepare": to_plain(settle(request)), "alone": True}


def test_a_worker_builds_times_and_tells() -> None:
    prepared, turn = answers(told(SMALL), {"time": 3})
    assert prepared["prepared"]["convert_s"] == 0
    assert prepared["prepared"]["first_call_s"] > 0
    assert len(turn["seconds"]) == 3
    assert all(seconds > 0 for seconds in turn["seconds"])
    assert set(turn["witness"]) == {field.name for field in fields(Witness)}
    assert turn["witness"]["threads"] == SMALL.threads


def test_a_worker_goes_first_once_its_model_is_ready() -> None:
    said: list[str] = []

    def go_first() -> bool:
        said.append("first")
        return len(said) == 1

    answers(told(replace(SMALL, model="no_such_net")), go_first=go_first)
    assert not said
    for priority in ("highest", "as given"):
        (prepared,) = answers(told(SMALL), go_first=go_first)
        assert prepared["prepared"]["options"]["priority"] == priority
    assert len(said) == 2


@pytest.mark.real
def test_workers_say_whether_they_went_first() -> None:
    found = of([SMALL, SMALL])
    kept = {profile.preparation.options["priority"] for profile in found.profiles if profile.preparation}
    assert kept == {"highest" if may_go_first() else "as given"}


def test_a_worker_tells_errors_of_every_kind() -> None:
    unknown, failing = answers(told(replace(SMALL, model="no_such_net")), {"time": 1})
    assert unknown["error"]["kind"] == "UnknownNameError"
    assert "no_such_net" in unknown["error"]["message"]
    assert failing["error"]["kind"] == "ModelError"
    assert "AttributeError: 'Model' object has no attribute" in failing["error"]["message"]  # a bug, and told


def test_a_worker_imports_nothing_from_the_folder_it_is_started_in(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('not the library')\n")
    path = json.dumps([folder for folder in sys.path if folder])
    command = [sys.executable, "-c", f"{SETTLE}; print(json.__name__)", path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("json\n", "")


def test_which_models_can_be_apart() -> None:
    assert can_be_apart(SMALL, False)
    assert not can_be_apart(SMALL, True)
    assert not can_be_apart(replace(SMALL, latency=False), False)
    assert not can_be_apart(replace(SMALL, runtime="fake"), False)
    assert can_be_apart(replace(SMALL, arguments={"stride": 2, "se": None, "w": 0.5}), False)
    assert not can_be_apart(replace(SMALL, arguments={"norm": nn.BatchNorm2d}), False)
    assert not can_be_apart(replace(SMALL, arguments={"widths": (1, 2)}), False)  # it would arrive as a list
    assert not can_be_apart(replace(SMALL, arguments={"cap": float("inf")}), False)  # as None
    assert not can_be_apart(replace(SMALL, arguments={"width": np.int64(8)}), False)  # as a text
    assert not can_be_apart(replace(SMALL, arguments={"widths": np.ones(2)}), False)


@pytest.mark.real
def test_another_network_than_was_counted_is_not_timed(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "import os\nfrom torch import nn\n\ndef net():\n    return nn.Conv2d(3, 1 + os.getpid(), 1)\n"
    )
    with pytest.raises(ModelError, match=r"net\.py:net is another network each time it is built"):
        profile(Request(f"{file}:net", ((3, 8, 8),), threads=1, device="cpu", budget_s=0.3, processes=1))


@pytest.mark.real
def test_generations_of_real_processes() -> None:
    seen: list[Progress] = []
    requests = [
        replace(SMALL, processes=2, budget_s=0.6),
        replace(SMALL, processes=2, arguments={"stride": 2}),
    ]
    found = of(requests, on_progress=seen.append)
    assert found.measurement is not None
    assert found.measurement.startup_s > 0
    for each in found.profiles:
        assert each.timing is not None
        assert {turn.generation for turn in each.timing.turns} == {0, 1}
        assert each.preparation is not None
        assert each.preparation.first_call_s is not None
        assert each.failure == ""
    phases = [(each.phase, each.generation) for each in seen]
    assert phases.index(("starting", 0)) < phases.index(("warm-up", 0)) < phases.index(("measure", 0))
    assert phases.index(("measure", 0)) < phases.index(("starting", 1)) < phases.index(("measure", 1))


@pytest.mark.real
def test_workers_that_fail_lose_only_themselves(nets: str, capfd: pytest.CaptureFixture[str]) -> None:
    base = replace(SMALL, model=nets, inputs=((3, 8, 8),))
    hows = ("prints", "killed", "crashes", "raises")
    found = of([base, *(replace(base, arguments={"how": how}) for how in hows)])
    assert [each.timing is not None for each in found.profiles] == [True, True, False, False, False]
    fine, prints, killed, crashes, raises = (each.failure for each in found.profiles)
    assert (fine, prints) == ("", "")
    assert killed == "killed by the system, most likely for lack of memory (signal 9)"
    assert crashes == "crashed: Segmentation fault"
    assert raises.startswith(
        f"ModelError: {nets} cannot run on cpu in float32 with batch 1: no kernel for this"
    )
    assert found.profiles[1].ratio is not None
    assert found.profiles[2].ratio is None
    assert "hello" not in capfd.readouterr().err  # the parent counts it, which prints to standard output


@pytest.mark.real
def test_the_error_of_the_only_model_is_raised(nets: str) -> None:
    base = replace(SMALL, model=nets, inputs=((3, 8, 8),))
    with pytest.raises(ModelError, match="cannot run on cpu in float32 with batch 1: no kernel") as refused:
        profile(replace(base, arguments={"how": "raises"}))
    assert "--dtype" in refused.value.hint
    with pytest.raises(ModelError, match=f"^{nets}: killed by the system"):
        profile(replace(base, arguments={"how": "killed"}))


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y


@pytest.mark.real
def test_a_module_in_python_is_timed_here_beside_models_in_processes() -> None:
    found = cnnprof.compare(
        [Small(), "block:inverted_residual"],
        input=[(3, 8, 8)],
        threads=1,
        budget=0.4,
        processes=1,
        device="cpu",
    )
    here, apart = found.profiles
    assert here.timing is not None
    assert apart.timing is not None
    assert here.warnings[0].startswith("timed in the calling process")
    assert not any("calling process" in warning for warning in apart.warnings)
    alone = cnnprof.profile(Small(), input=(3, 8, 8), threads=1, budget=0.2, device="cpu")
    assert alone.timing is not None
    assert {turn.generation for turn in alone.timing.turns} == {0}


class Unready(Small):
    def forward(self, x: Tensor) -> Tensor:
        if not x.is_meta:
            raise ValueError("counted, but never run")
        return super().forward(x)


@pytest.mark.real
def test_a_module_in_python_that_could_not_be_timed_was_timed_nowhere() -> None:
    found = cnnprof.compare(
        ["block:inverted_residual", Unready()],
        input=[(3, 8, 8)],
        threads=1,
        budget=0.4,
        processes=1,
        device="cpu",
    )
    failed = found.profiles[1]
    assert "counted, but never run" in failed.failure
    assert not any("timed in the calling process" in warning for warning in failed.warnings)


def test_what_is_told_of_a_request_is_plain() -> None:
    assert json.loads(json.dumps(told(SMALL))) == told(SMALL)
