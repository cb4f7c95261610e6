"""Variables that have OpenMP bind threads to cores: set aside in time, or told of where it is too late."""

from __future__ import annotations

import os

import pytest

from cnnprof.measure.machine import environment, openmp


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*openmp.BINDING, *openmp.LIMITS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(openmp, "_set_aside", [])
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(environment, "cores_allowed", lambda: 1)


def test_nothing_is_said_of_cores_that_something_else_takes_away() -> None:
    openmp.set_variables_aside()
    assert openmp.openmp_notes() == ()


PLACED = "the system places threads (taskset chooses cores)"
TOLD = "--threads says how many threads compute"


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("OMP_PROC_BIND", "close", PLACED),
        ("OMP_PLACES", "cores", PLACED),
        ("GOMP_CPU_AFFINITY", "0-63", PLACED),
        ("KMP_AFFINITY", "granularity=fine,compact,1,0", PLACED),
        ("KMP_HW_SUBSET", "4c,1t", PLACED),
        ("OMP_THREAD_LIMIT", "1", TOLD),
        ("OMP_DYNAMIC", "TRUE", TOLD),
    ],
)
def test_each_is_taken_out_of_the_environment_and_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, instead: str
) -> None:
    monkeypatch.setenv(name, value)
    openmp.set_variables_aside()
    assert name not in os.environ
    assert openmp.openmp_notes() == (f"{name} set aside: {instead}",)


def test_binding_that_is_switched_off_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "FALSE")
    monkeypatch.setenv("OMP_PLACES", "cores")
    openmp.set_variables_aside()
    assert (os.environ["OMP_PROC_BIND"], os.environ["OMP_PLACES"]) == ("FALSE", "cores")
    assert openmp.openmp_notes() == ()


def test_intels_openmp_has_a_switch_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "false")
    monkeypatch.setenv("OMP_PLACES", "cores")
    monkeypatch.setenv("KMP_AFFINITY", "compact")
    openmp.set_variables_aside()
    assert os.environ["OMP_PLACES"] == "cores"
    assert "KMP_AFFINITY" not in os.environ
    monkeypatch.setenv("KMP_AFFINITY", "disabled")
    openmp.set_variables_aside()
    assert os.environ["KMP_AFFINITY"] == "disabled"


def test_what_is_bound_already_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setenv("OMP_PLACES", "cores")
    assert openmp.openmp_notes() == (
        "OpenMP binds threads, which leaves 1 of 64 cores: unset OMP_PROC_BIND, OMP_PLACES before torch is imported",
    )


def test_nothing_is_said_where_all_cores_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setattr(environment, "cores_allowed", lambda: 64)
    assert openmp.openmp_notes() == ()


def test_a_number_of_threads_that_stays_as_asked_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_DYNAMIC", "False")
    openmp.set_variables_aside()
    assert os.environ["OMP_DYNAMIC"] == "False"
    assert openmp.openmp_notes() == ()


def test_both_kinds_are_told_of_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_PLACES", "OMP_THREAD_LIMIT"):
        monkeypatch.setenv(name, "1")
    openmp.set_variables_aside()
    places, threads = openmp.openmp_notes()
    assert places.startswith("OMP_PLACES set aside: the system")
    assert threads.startswith("OMP_THREAD_LIMIT set aside: --threads")


def test_a_limit_of_threads_that_holds_already_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_THREAD_LIMIT", "2")
    monkeypatch.setenv("OMP_DYNAMIC", "true")
    assert openmp.openmp_notes() == (
        "OpenMP may compute with fewer threads than are told here: "
        "unset OMP_THREAD_LIMIT, OMP_DYNAMIC before torch is imported",
    )
