"""The garbage collector is off while a network is counted, and afterwards as it was."""

from __future__ import annotations

import gc

import pytest

from cnnprof.pipeline.collector import collector_paused


def test_off_inside_and_on_again_also_after_an_error() -> None:
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused(), collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
