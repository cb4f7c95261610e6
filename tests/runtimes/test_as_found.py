"""Settings of the whole process are given back."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import cnnprof
from cnnprof.runtimes.as_found import flushes_denormals, threads_and_denormals


def test_threads_and_denormals_are_given_back() -> None:
    threads, flushed = torch.get_num_threads(), flushes_denormals()
    with threads_and_denormals():
        torch.set_num_threads(threads + 1)
        if torch.set_flush_denormal(not flushed):
            assert flushes_denormals() is not flushed
    assert (torch.get_num_threads(), flushes_denormals()) == (threads, flushed)


def test_denormals_are_seen_whatever_the_caller_s_defaults(other_defaults: None) -> None:
    """1e-40 is none in float64, and a tensor of the meta device has no value to ask for."""
    flushed = flushes_denormals()
    try:
        assert [flushes_denormals() for on in (True, False) if torch.set_flush_denormal(on)] in (
            [True, False],
            [],
        )
    finally:
        torch.set_flush_denormal(flushed)


@pytest.mark.real
def test_a_module_is_timed_whatever_the_caller_s_defaults() -> None:
    """In a notebook that computes in float64 its float32 network got inputs in float64, and could not run."""
    net = nn.Conv2d(3, 8, 3)
    torch.set_default_dtype(torch.float64)
    try:
        profile = cnnprof.profile(net, input=16, budget=0.2, processes=1, threads=1, device="cpu")
    finally:
        torch.set_default_dtype(torch.float32)
    assert profile.timing is not None


@pytest.mark.real
def test_timing_a_module_leaves_the_caller_s_torch_alone() -> None:
    before = torch.get_num_threads(), flushes_denormals()
    torch.set_num_threads(2)
    try:
        cnnprof.profile(nn.Conv2d(3, 8, 3), input=16, budget=0.2, processes=1, threads=1, device="cpu")
        assert (torch.get_num_threads(), flushes_denormals()) == (2, before[1])
    finally:
        torch.set_num_threads(before[0])
