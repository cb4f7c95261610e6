"""Variables of the environment are set for a while, and leave no trace."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from cnnprof.variables import variables_set


def test_variables_are_set_inside_and_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNPROF_A", "before")
    monkeypatch.delenv("CNNPROF_B", raising=False)
    with suppress(ZeroDivisionError), variables_set({"CNNPROF_A": "inside", "CNNPROF_B": "inside"}):
        assert (os.environ["CNNPROF_A"], os.environ["CNNPROF_B"]) == ("inside", "inside")
        del os.environ["CNNPROF_B"]  # as a library may
        raise ZeroDivisionError
    assert (os.environ["CNNPROF_A"], os.environ.get("CNNPROF_B")) == ("before", None)
