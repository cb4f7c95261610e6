"""Counting beside other threads: hooks of modules are the whole program's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from threading import Event, Thread

import torch
from torch import nn

import cnnprof
from tests.trace.nets import Net

PICTURE = (3, 12, 12)


def net(width: int) -> nn.Module:
    """Values decide, so that it runs for real, under hooks."""
    return Net(
        lambda net, x: net.conv(x) * (2 if x.sum() > 9e9 else 1), conv=nn.Sequential(nn.Conv2d(3, width, 3))
    ).eval()


def test_several_threads_count_their_own() -> None:
    nets = [net(width) for width in range(1, 9)]
    alone = [cnnprof.count(each, PICTURE) for each in nets]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(cnnprof.count, nets * 4, repeat(PICTURE))) == alone * 4


def test_a_network_that_runs_in_another_thread_is_not_counted() -> None:
    running, ended = net(4), Event()
    failed: list[Exception] = []

    def run() -> None:
        while not ended.is_set():
            try:
                with torch.no_grad():
                    running(torch.ones(1, *PICTURE))
            except Exception as error:
                failed.append(error)

    other = Thread(target=run)
    other.start()
    try:
        found = {cnnprof.count(net(8), PICTURE) for _ in range(20)}
    finally:
        ended.set()
        other.join()
    assert not failed
    assert {len(counts.ops) for counts in found} == {len(cnnprof.count(net(8), PICTURE).ops)}
