"""What a network's code keeps: hooks, caches and random numbers are after a count as they were before it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.fx
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net

PICTURE = (1, 3, 12, 12)
TABLE: dict[int, Tensor] = {}
LAST: Tensor | None = None


@lru_cache
def remembered(side: int) -> Tensor:
    return torch.arange(side).float()


def from_table(side: int) -> Tensor:
    if side not in TABLE:
        TABLE[side] = torch.arange(side).float()
    return TABLE[side]


def from_a_name(side: int) -> Tensor:
    global LAST
    if LAST is None:
        LAST = torch.arange(side).float()
    return LAST


class Positions:
    """No module: a helper that keeps what it made."""

    made: Tensor | None = None

    def __call__(self, side: int) -> Tensor:
        if self.made is None:
            self.made = torch.arange(side).float()
        return self.made


class Hidden(nn.Module):
    made: Tensor | None = None

    def forward(self, side: int) -> Tensor:
        if self.made is None:
            self.made = torch.arange(side).float()
        return self.made


class Placed(nn.Module):
    """Adds positions that its code makes once."""

    table: dict[int, Tensor] = {}  # noqa: RUF012 (one for all instances, as such caches are)

    def __init__(self, positions: Callable[[int], Tensor] | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.kept = [positions]

    def forward(self, x: Tensor) -> Any:
        make = self.kept[0] or self.of_class
        return self.conv(x) + make(x.shape[-1])

    def of_class(self, side: int) -> Tensor:
        return self.table.setdefault(side, torch.arange(side).float())


CACHES: dict[str, Any] = {
    "lru_cache": remembered,
    "table of the file": from_table,
    "name of the file": from_a_name,
    "helper": Positions(),
    "module outside the tree": Hidden(),
    "table of the class": None,
}


@pytest.mark.parametrize("cache", CACHES)
def test_nothing_without_data_stays_in_a_cache(cache: str) -> None:
    model = Placed(CACHES[cache])
    assert trace_model(model, [PICTURE]).method == "shapes"
    assert model(torch.zeros(PICTURE)).shape == (1, 8, 12, 12)
    assert trace_model(model, [PICTURE]).method == "shapes"


def test_a_logger_and_what_it_leads_to_are_left_alone() -> None:
    def forward(net: Any, x: Tensor) -> Any:
        net.logger.getChild("made by the pass")
        return net.conv(x)

    model: Any = Net(forward, conv=nn.Conv2d(3, 8, 3))
    model.logger = logging.getLogger("a network's")
    trace_model(model, [PICTURE])
    assert "a network's.made by the pass" in logging.Logger.manager.loggerDict


def test_what_a_cache_held_with_data_stays() -> None:
    model = Placed(from_table)
    model(torch.zeros(PICTURE))
    held = TABLE[12]
    trace_model(model, [(1, 3, 16, 16)])
    assert {12: held} == TABLE


def test_a_hook_put_in_at_the_first_call_is_taken_out() -> None:
    def forward(net: Any, x: Tensor) -> Any:
        if not net.ready:
            net.conv.register_forward_hook(lambda module, inputs, output: output + 1)
            net.ready = True
        return net.conv(x)

    model: Any = Net(forward, conv=nn.Conv2d(3, 8, 3))
    model.ready = False
    counts = [count_graph(trace_model(model, [PICTURE])).flops for _ in range(2)]
    assert counts[0] == counts[1]
    assert not model.conv._forward_hooks
    assert not model.ready


def test_a_hook_taken_out_at_the_first_call_is_put_back() -> None:
    def forward(net: Any, x: Tensor) -> Any:
        net.handle.remove()
        return net.conv(x)

    model: Any = Net(forward, conv=nn.Conv2d(3, 8, 3))
    model.handle = model.conv.register_forward_hook(
        lambda module, inputs, output: output * 2, with_kwargs=False
    )
    trace_model(model, [PICTURE])
    assert list(model.conv._forward_hooks) == [model.handle.id]
    model.handle.remove()  # from the table that it was put in
    assert not model.conv._forward_hooks


def test_freezing_inside_changes_no_weight() -> None:
    model = Net(lambda net, x: net.conv.requires_grad_(False)(x), conv=nn.Conv2d(3, 8, 3))
    trace_model(model, [PICTURE])
    assert model.conv.weight.requires_grad


@pytest.mark.parametrize("decides", [False, True])
@pytest.mark.parametrize(
    ("draw", "state"),
    [
        (random.random, random.getstate),
        (np.random.rand, lambda: str(np.random.get_state())),
        (lambda: torch.manual_seed(0), lambda: torch.get_rng_state().tolist()),
    ],
)
def test_no_random_number_is_drawn(draw: Any, state: Any, decides: bool) -> None:
    class Drawing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Tensor) -> Any:
            draw()
            y = self.conv(x)
            return y * 2 if decides and bool(y.isnan().any()) else y

    model = Drawing()
    before = state()
    assert trace_model(model, [PICTURE]).method == ("forward" if decides else "shapes")
    assert state() == before


@pytest.mark.parametrize(
    "net", [nn.Sequential(nn.LazyConv2d(4, 3)), torch.fx.symbolic_trace(nn.Conv2d(3, 4, 3))]
)
def test_a_real_pass_of_torchs_own_layers_draws_nothing_either(net: nn.Module) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    trace_model(net, [PICTURE])
    assert torch.equal(torch.rand(4), expected)
