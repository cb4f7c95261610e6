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


@pytest.mark.real
def test_timing_a_module_leaves_the_caller_s_torch_alone() -> None:
    before = torch.get_num_threads(), flushes_denormals()
    torch.set_num_threads(2)
    try:
        cnnprof.profile(nn.Conv2d(3, 8, 3), input=16, budget=0.2, processes=1, threads=1, device="cpu")
        assert (torch.get_num_threads(), flushes_denormals()) == (2, before[1])
    finally:
        torch.set_num_threads(before[0])
