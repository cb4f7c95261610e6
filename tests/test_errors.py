"""Errors as a program in Python meets them."""

from __future__ import annotations

import pickle
from copy import deepcopy
from traceback import format_exception_only

import cnnprof
from cnnprof.errors import CnnprofError, ModelError, first_line, in_one_line


def test_a_traceback_ends_with_the_next_step() -> None:
    try:
        cnnprof.count("mobilnet_v2")
    except cnnprof.CnnprofError as error:
        shown = "".join(format_exception_only(error)).splitlines()
    assert shown == [
        "cnnprof.errors.UnknownNameError: unknown model 'mobilnet_v2'",
        "hint: did you mean mobilenet_v2 or mobilenet_v1 or mobilenet_v2_x0_5?",
    ]


def test_without_a_next_step_there_is_one_line() -> None:
    assert str(CnnprofError("it is so")) == "it is so"


def test_inside_of_another_message_there_is_no_second_line() -> None:
    error = ModelError("it cannot run", "give another")
    assert first_line(error) == "it cannot run"
    assert "\n" not in in_one_line(error)


def test_an_error_comes_back_whole_from_another_process() -> None:
    error = ModelError("it cannot run", "give another")
    for found in (pickle.loads(pickle.dumps(error)), deepcopy(error)):
        assert (type(found), found.message, found.hint) == (ModelError, "it cannot run", "give another")
