"""Readings against files written by hand, in the shapes that kernels and containers have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnnprof.measure.machine import witness as room
from cnnprof.measure.machine.cgroup import quota_cores
from cnnprof.measure.machine.witness import SystemWitness, Tasks, allowed_cores, difference
from cnnprof.records.timing import Witness

STAT = """cpu  700 0 50 9000 10 0 3 8 0 0
cpu0 100 2 30 4000 5 1 2 7 0 0
cpu1 600 0 20 5000 5 0 1 1 0 0
intr 123 0 0
"""


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize(
    ("cores", "busy", "stolen"),
    [({0}, 100 + 2 + 30 + 1 + 2, 7), ({0, 1}, 135 + 600 + 20 + 1, 8), (None, 135 + 621, 8)],
)
def test_only_the_cores_we_may_use_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: set[int] | None, busy: int, stolen: int
) -> None:
    monkeypatch.setattr(room, "allowed_cores", lambda: cores)
    monkeypatch.setattr("os.sysconf", lambda name: 100, raising=False)
    monkeypatch.setattr("time.process_time", lambda: 0.5)
    found = SystemWitness(write(tmp_path, proc__stat=STAT)).read()
    assert found.foreign_s == pytest.approx(busy / 100 - 0.5)
    assert found.stolen_s == pytest.approx(stolen / 100)


def test_any_number_of_cores_is_read_to_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = " ".join(["123456789"] * 10)
    lines = [f"cpu{core} {counters}" for core in range(500)]
    stat = "\n".join([f"cpu  {counters}", *lines, "intr " + "1234567 " * 100, "ctxt 5", ""])
    monkeypatch.setattr(room, "allowed_cores", lambda: {499})
    monkeypatch.setattr("os.sysconf", lambda name: 100, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 500)
    found = SystemWitness(write(tmp_path, proc__stat=stat)).read()
    assert found.stolen_s == pytest.approx(1_234_567.89)


def test_what_the_machine_does_not_offer_is_none(tmp_path: Path) -> None:
    found = SystemWitness(tmp_path).read()
    assert (found.stolen_s, found.foreign_s, found.throttled_s, found.waited_s) == (None, None, None, None)


def test_this_machine_can_be_read() -> None:
    reader = SystemWitness()
    happened = difference(reader.read(), reader.read())
    for value in (
        happened.stolen_s,
        happened.waited_s,
        happened.throttled_s,
        happened.switches,
        happened.faults,
    ):
        assert value is None or value >= 0


def test_waiting_is_summed_over_threads_and_never_goes_back(tmp_path: Path) -> None:
    write(tmp_path, **{"10__schedstat": "5 2000000000 7\n", "11__schedstat": "1 500000000 2\n"})
    tasks = Tasks(tmp_path)
    assert tasks.waited_s() == pytest.approx(2.5)
    (tmp_path / "10/schedstat").write_text("5 3000000000 8\n")
    assert tasks.waited_s() == pytest.approx(3.5)
    (tmp_path / "11/schedstat").unlink()
    (tmp_path / "11").rmdir()
    assert tasks.waited_s() == pytest.approx(3.5)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")
def test_threads_that_have_ended_leave_no_file_open(tmp_path: Path) -> None:
    tasks, open_before = Tasks(tmp_path), len(os.listdir("/proc/self/fd"))
    for thread in range(20):
        write(tmp_path, **{f"{thread}__schedstat": "1 500000000 2\n"})
        assert tasks.waited_s() == pytest.approx(0.5 * (thread + 1))
        (tmp_path / f"{thread}/schedstat").unlink()
        (tmp_path / f"{thread}").rmdir()
    assert tasks.waited_s() == pytest.approx(0.5 * 20)
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_difference_of_two_readings() -> None:
    before = Witness(stolen_s=1.0, foreign_s=5.0, switches=10, throttled_s=None, waited_s=0.5, faults=7)
    after = Witness(stolen_s=1.5, foreign_s=4.99, switches=12, throttled_s=3.0, waited_s=0.75, faults=7)
    happened = difference(before, after)
    assert (happened.stolen_s, happened.switches, happened.waited_s, happened.faults) == (0.5, 2, 0.25, 0)
    assert happened.foreign_s == pytest.approx(-0.01)
    assert happened.throttled_s is None


@pytest.mark.parametrize(
    ("files", "cores", "throttled_s"),
    [
        ({}, None, None),
        (
            {
                "proc__self__cgroup": "0::/\n",
                "sys__fs__cgroup__cpu.max": "150000 100000\n",
                "sys__fs__cgroup__cpu.stat": "usage_usec 5\nthrottled_usec 2500000\n",
            },
            1.5,
            2.5,
        ),
        ({"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__cpu.max": "max 100000\n"}, None, None),
        (
            {
                "proc__self__cgroup": "0::/outer/inner\n",
                "sys__fs__cgroup__outer__inner__cpu.max": "max 100000\n",
                "sys__fs__cgroup__outer__cpu.max": "200000 100000\n",
            },
            2.0,
            None,
        ),
        (  # each group tells of its own quota alone
            {
                "proc__self__cgroup": "0::/outer/inner\n",
                "sys__fs__cgroup__outer__inner__cpu.stat": "usage_usec 5\nthrottled_usec 0\n",
                "sys__fs__cgroup__outer__cpu.stat": "usage_usec 5\nthrottled_usec 1500000\n",
            },
            None,
            1.5,
        ),
        (
            {
                "proc__self__cgroup": "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\n",
                "sys__fs__cgroup__cpu__cpu.cfs_quota_us": "50000\n",
                "sys__fs__cgroup__cpu__cpu.cfs_period_us": "100000\n",
                "sys__fs__cgroup__cpu__cpu.stat": "nr_periods 1\nthrottled_time 3000000000\n",
            },
            0.5,
            3.0,
        ),
        (
            {
                "proc__self__cgroup": "4:cpu,cpuacct:/\n",
                "sys__fs__cgroup__cpu__cpu.cfs_quota_us": "-1\n",
                "sys__fs__cgroup__cpu__cpu.cfs_period_us": "100000\n",
            },
            None,
            None,
        ),
    ],
)
def test_control_groups(
    tmp_path: Path, files: dict[str, str], cores: float | None, throttled_s: float | None
) -> None:
    write(tmp_path, **files)
    assert quota_cores(tmp_path) == cores
    found = SystemWitness(tmp_path).read().throttled_s
    assert found == (None if throttled_s is None else pytest.approx(throttled_s))


def test_allowed_cores_are_counted_where_the_system_says_so() -> None:
    cores = allowed_cores()
    told = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    assert cores == told
