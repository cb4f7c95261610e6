"""Variables that have OpenMP bind threads to cores: set aside in time, or told of where it is too late."""

from __future__ import annotations

import os

import pytest

from cnnprof.measure.machine import binding, environment


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in binding.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(binding, "_set_aside", [])
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(environment, "cores_allowed", lambda: 1)


def test_nothing_is_said_of_cores_that_something_else_takes_away() -> None:
    binding.set_binding_aside()
    assert binding.binding_notes() == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("OMP_PROC_BIND", "close"), ("OMP_PLACES", "cores"), ("GOMP_CPU_AFFINITY", "0-63")],
)
def test_each_is_taken_out_of_the_environment_and_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    binding.set_binding_aside()
    assert name not in os.environ
    assert binding.binding_notes() == (
        f"{name} set aside: the system places threads (taskset chooses cores)",
    )


def test_binding_that_is_switched_off_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "FALSE")
    monkeypatch.setenv("OMP_PLACES", "cores")
    binding.set_binding_aside()
    assert (os.environ["OMP_PROC_BIND"], os.environ["OMP_PLACES"]) == ("FALSE", "cores")
    assert binding.binding_notes() == ()


def test_what_is_bound_already_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setenv("OMP_PLACES", "cores")
    assert binding.binding_notes() == (
        "OpenMP binds threads, which leaves 1 of 64 cores: unset OMP_PROC_BIND, OMP_PLACES before torch is imported",
    )


def test_nothing_is_said_where_all_cores_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setattr(environment, "cores_allowed", lambda: 64)
    assert binding.binding_notes() == ()
