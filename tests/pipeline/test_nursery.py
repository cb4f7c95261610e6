"""Processes that wait for their models: how many, forked or not, and that none is left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnnprof.errors import ModelError, UnknownNameError
from cnnprof.measure.processes.process import Worker
from cnnprof.measure.processes.seed import CAN_FORK, Seed
from cnnprof.pipeline import bench, nursery
from cnnprof.pipeline.flow import compare, profile
from cnnprof.pipeline.nursery import Nursery
from cnnprof.records.request import Request

SMALL = Request(
    "block:inverted_residual", inputs=((16, 8, 8),), threads=1, device="cpu", budget_s=0.3, processes=1
)
forking = pytest.mark.skipif(not CAN_FORK, reason="workers are not forked on this system")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    """All processes that a nursery has begun, copies among them, on a machine that has room for them."""
    monkeypatch.setattr(nursery, "available_bytes", lambda: 100e9)
    monkeypatch.setattr(nursery, "cores_allowed", lambda: 8)
    found: list[Worker] = []

    def noted(self: Worker, *arguments: Any) -> None:
        begin(self, *arguments)
        found.append(self)

    begin = Worker.__init__
    monkeypatch.setattr(Worker, "__init__", noted)
    yield found
    for each in found:
        with pytest.raises(ProcessLookupError):
            os.kill(each.pid, signal.SIGCONT)


def kinds(begun: list[Worker]) -> str:
    """``S`` for a seed, ``w`` for a worker, in the order of their beginning."""
    return "".join("S" if isinstance(each, Seed) else "w" for each in begun)


@pytest.mark.parametrize(
    ("free", "cores", "begun"),
    [(None, 8, 4), (100e9, 8, 12), (100e9, 1, 4), (9e9, 8, 8), (1e9, 8, 4)],
)
def test_as_many_begin_at_once_as_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, free: float | None, cores: int, begun: int
) -> None:
    monkeypatch.setattr(nursery, "available_bytes", lambda: free)
    monkeypatch.setattr(nursery, "cores_allowed", lambda: cores)
    assert nursery._at_once(wanted=12, a_generation=4) == begun  # whole generations, at least one


@forking
@pytest.mark.real
def test_a_seed_has_one_thread_and_its_copies_have_its_imports(begun: list[Worker]) -> None:
    waiting = Nursery(wanted=4, a_generation=2)
    try:
        waiting.settle()
        assert kinds(begun) == "SS"  # one for each generation
        assert [len(os.listdir(f"/proc/{seed.pid}/task")) for seed in begun] == [1, 1]
        workers = waiting.take(2)
        assert kinds(begun) == "SSww"
        assert workers == begun[2:]
        for worker in workers:
            waiting.greet(worker)
            assert "libtorch_cpu" in Path(f"/proc/{worker.pid}/maps").read_text()
    finally:
        waiting.close()


@forking
def test_where_the_system_lets_no_more_begin_one_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    class Stub:
        def end(self) -> None:
            begun.append("ended")

    def sow(self: Nursery) -> Any:
        if len(begun) == room:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        begun.append("seed")
        self._all.append(Stub())  # type: ignore[arg-type]
        return self._all[-1]

    monkeypatch.setattr(Nursery, "_sow", sow)
    room = 1
    Nursery(wanted=6, a_generation=2).expect(3)
    assert begun == ["seed"]
    begun.clear()
    room = 0
    with pytest.raises(BlockingIOError):
        Nursery(wanted=6, a_generation=2)


@forking
@pytest.mark.real
def test_more_generations_than_wanted_begin_together(begun: list[Worker]) -> None:
    waiting = Nursery(wanted=2, a_generation=2)
    try:
        waiting.expect(1)
        assert kinds(begun) == "S"  # which has begun
        waiting.take(2)
        waiting.expect(3)
        assert kinds(begun) == "SwwSSS"
        waiting.settle()
        waiting.take(2)
        assert kinds(begun) == "SwwSSSww"
    finally:
        waiting.close()


@forking
@pytest.mark.real
def test_generations_are_forked_and_leave_nothing(begun: list[Worker]) -> None:
    found = compare([replace(SMALL, processes=2, budget_s=0.6), replace(SMALL, arguments={"stride": 2})])
    assert all(
        each.timing and {turn.generation for turn in each.timing.turns} == {0, 1} for each in found.profiles
    )
    assert kinds(begun) == "SSwwwwww"  # two models and a twin, twice


@pytest.mark.real
def test_a_model_alone_has_nobody_to_share_with(begun: list[Worker]) -> None:
    profile(replace(SMALL, processes=2))
    assert kinds(begun) == "ww"


@pytest.mark.real
def test_elsewhere_workers_start_by_themselves(begun: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery, "CAN_FORK", False)
    found = compare([SMALL, replace(SMALL, arguments={"stride": 2})])
    assert all(each.timing is not None for each in found.profiles)
    assert kinds(begun) == "www"


@forking
@pytest.mark.real
@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit('no room')",
        "import threading, time; from cnnprof.pipeline import worker\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); worker.seed()",
    ],
    ids=["dies", "has threads"],
)
def test_workers_start_by_themselves_where_seeds_fail(
    begun: list[Worker], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(
        nursery, "SEED_CODE", f"import json, sys; sys.path[:] = json.loads(sys.argv[1])\n{code}"
    )
    waiting = Nursery(wanted=4, a_generation=2)
    try:
        workers = waiting.take(2)
        assert kinds(begun) == "SSww"
        for worker in workers:
            waiting.greet(worker)
        waiting.take(2)
        assert kinds(begun) == "SSwwww"  # no third seed
    finally:
        waiting.close()


@pytest.mark.real
def test_no_process_is_left_behind(begun: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError):
        compare([replace(SMALL, model="no_such_net"), SMALL])

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "measure_generations", interrupted)
    with pytest.raises(KeyboardInterrupt):
        profile(SMALL)
    with pytest.raises(KeyboardInterrupt):
        compare([SMALL, SMALL])
    assert len(begun) >= 3


@pytest.mark.real
def test_without_torch_the_end_is_told_as_ever(
    begun: list[Worker], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is broken')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ModelError, match=r"exit code 1 \(ImportError: libtorch is broken\)"):
        compare([SMALL, replace(SMALL, arguments={"stride": 2})])
