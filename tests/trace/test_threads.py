"""Counting beside other threads: hooks of modules are the whole program's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from threading import Event, Thread

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import ModelError
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


def test_a_network_in_use_in_another_thread_is_refused() -> None:
    """What trains meanwhile would run in eval mode, and its calls would stand among those that are counted."""
    sample = torch.ones(1, *PICTURE)

    def run(net: Net, x: Tensor) -> Tensor:
        with ThreadPoolExecutor(1) as pool:  # as a loop that trains does, at the worst of times
            assert pool.submit(net.conv, sample).result().requires_grad
        found: Tensor = net.conv(x)
        return found

    trained = Net(run, conv=nn.Conv2d(3, 4, 3)).train()
    with pytest.raises(ModelError, match=r"layer conv \(Conv2d\) runs in another thread") as refused:
        cnnprof.count(trained, PICTURE)
    assert "copy.deepcopy" in refused.value.hint
    assert all(module.training for module in trained.modules())


def test_layers_without_data_that_run_in_another_thread_are_no_silent_zero() -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        with ThreadPoolExecutor(1) as pool:
            found: Tensor = pool.submit(net.conv, x).result()
        return found

    with pytest.raises(ModelError, match=r"layer conv \(Conv2d\) runs in another thread"):
        cnnprof.count(Net(run, conv=nn.Conv2d(3, 4, 3, device="meta")), PICTURE)
