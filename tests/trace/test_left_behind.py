"""Tensors without data that a network's code has put where no table of its modules leads."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from tests.trace.nets import Net

PICTURE = (3, 8, 8)


def made(side: int) -> Tensor:
    return torch.arange(side).float()


def by_default(side: int, known: dict[int, Tensor] = {}) -> Tensor:  # noqa: B006
    if side not in known:
        known[side] = made(side)
    return known[side]


def as_attribute(side: int) -> Tensor:
    if not hasattr(as_attribute, "pair"):
        as_attribute.pair = (made(side), side)  # type: ignore[attr-defined]
    return as_attribute.pair[0]  # type: ignore[attr-defined, no-any-return]


def memo(function: Callable[[int], Tensor]) -> Callable[[int], Tensor]:
    known: Tensor | None = None

    def remembered(side: int) -> Tensor:
        nonlocal known
        if known is None:
            known = function(side)
        return known

    return remembered


class Slots:
    __slots__ = ("grid",)

    def __init__(self) -> None:
        self.grid: Tensor | None = None

    def __call__(self, side: int) -> Tensor:
        if self.grid is None:
            self.grid = made(side)
        return self.grid


class OfClass:
    shared: Tensor | None = None
    tables: dict[int, tuple[Tensor, ...]] = {}  # noqa: RUF012

    def __call__(self, side: int) -> Tensor:
        if OfClass.shared is None:
            OfClass.shared = made(side)
        self.tables.setdefault(side, (made(side), made(side)))
        return OfClass.shared + self.tables[side][1]


class Method:
    @lru_cache(maxsize=4)  # noqa: B019
    def grid(self, side: int) -> tuple[Tensor, Tensor]:
        return made(side), made(side)

    def __call__(self, side: int) -> Tensor:
        return self.grid(side)[1]


@pytest.mark.parametrize(
    "grid",
    [by_default, as_attribute, memo(made), Slots(), OfClass(), Method(), lru_cache(made)],
    ids=["default", "attribute", "closure", "slots", "class", "method", "lru"],
)
def test_what_was_kept_for_later_is_forgotten(grid: Callable[[int], Tensor]) -> None:
    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.conv(x)
        return y + grid(y.shape[-1])

    net = Net(forward, conv=nn.Conv2d(3, 4, 3)).eval()
    first = cnnprof.count(net, PICTURE)
    assert cnnprof.count(net, PICTURE) == first
    assert net(torch.ones(1, *PICTURE)).isfinite().all()


@pytest.mark.parametrize("kind", [list, deque])
def test_a_hook_that_gathers_has_gathered_nothing(kind: Callable[[], Any]) -> None:
    found = kind()
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net[0].register_forward_hook(lambda module, given, result: found.append(result.abs().amax()))
    found.append(torch.ones(()))
    cnnprof.count(net, PICTURE)
    assert [each.device.type for each in found] == ["cpu"]


def test_what_a_failed_pass_left_is_forgotten_before_the_real_one() -> None:
    grid = memo(made)

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.conv(x) + grid(6)
        return y * 2 if y.sum() > 0 else y

    net = Net(forward, conv=nn.Conv2d(3, 4, 3)).eval()
    assert cnnprof.count(net, PICTURE).method == "forward"
    assert net(torch.ones(1, *PICTURE)).shape == (1, 4, 6, 6)


def test_what_is_frozen_forgets_as_well() -> None:
    grid = memo(made)

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.conv(x)
        return y + grid(y.shape[-1])

    net = Net(forward, conv=nn.Conv2d(3, 4, 3)).eval()
    gc.freeze()
    try:
        cnnprof.count(net, PICTURE)
        assert gc.get_freeze_count()
        assert net(torch.ones(1, *PICTURE)).isfinite().all()
    finally:
        gc.unfreeze()
