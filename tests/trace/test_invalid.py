"""Networks that torch would not run are not counted: a pass on shapes asks the same of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import ModelError
from tests.trace.nets import Net

PICTURE = (3, 16, 16)
FILTERS = torch.ones(8, 3, 3, 3)


def cut(layer: nn.Module, *names: str) -> nn.Module:
    """Five of what it has, in the tensors of these names alone, as pruning by hand leaves it."""
    for name in names:
        kept = getattr(layer, name).detach()[:5]
        setattr(layer, name, nn.Parameter(kept) if name in layer._parameters else kept)
    return layer


PRUNED = {
    "bias of a convolution": nn.Sequential(cut(nn.Conv2d(3, 8, 3), "weight")),
    "bias of a linear layer": nn.Sequential(nn.Flatten(), cut(nn.Linear(768, 8), "weight")),
    "slopes": nn.Sequential(cut(nn.Conv2d(3, 8, 3), "weight", "bias"), nn.PReLU(8)),
    "groups": nn.Sequential(nn.Conv2d(3, 8, 3), cut(nn.Conv2d(8, 8, 3, groups=2), "weight", "bias")),
    "scale of a norm": nn.Sequential(
        nn.Conv2d(3, 5, 3), cut(nn.BatchNorm2d(8), "running_mean", "running_var")
    ),
    "statistics": nn.Sequential(nn.Conv2d(3, 5, 3), cut(nn.BatchNorm2d(8), "weight", "bias")),
    "variance": nn.Sequential(nn.Conv2d(3, 5, 3), cut(nn.BatchNorm2d(8), "weight", "bias", "running_mean")),
}
CALLS: dict[str, Callable[[Tensor], Any]] = {
    "dimension to join along": lambda x: torch.cat([x, x], 4),
    "dimension of softmax": lambda x: F.softmax(x, 4),
    "dimension twice": lambda x: x.mean((2, 2)),
    "mean of truth": lambda x: (x > 0).mean((2, 3)),
    "double": lambda x: F.conv2d(x * torch.ones(16, dtype=torch.float64), FILTERS),
    "double product": lambda x: x @ torch.ones(16, 4, dtype=torch.float64),
    "padding by a wrong name": lambda x: F.conv2d(x, FILTERS, padding="full"),
    "the same size at a stride": lambda x: F.conv2d(x, FILTERS, stride=2, padding="same"),
    "negative padding": lambda x: F.conv2d(x, FILTERS, padding=-1),
    "a window of padding": lambda x: F.max_pool2d(x, 3, 2, padding=2),
    "pooling without channels": lambda x: F.adaptive_avg_pool2d(x[0, 0], 4),
    "bias of another size": lambda x: F.linear(x, torch.ones(4, 16), torch.ones(5)),
    "no rows": lambda x: F.conv2d(x[:, :, :0], FILTERS, padding=2),
    "transposed, no rows": lambda x: F.conv_transpose2d(x[:, :, :0], FILTERS.transpose(0, 1)),
    "a mean of no rows": lambda x: F.adaptive_avg_pool2d(x[:, :, :0], 2),
    "no rows to enlarge": lambda x: F.interpolate(x[:, :, :0], size=(4, 4)),
    "no filters": lambda x: F.conv2d(x, torch.ones(0, 3, 3, 3)),
    "a kernel of nothing": lambda x: F.conv2d(x, torch.ones(8, 3, 0, 0)),
    "no dilation": lambda x: F.conv2d(x, FILTERS, dilation=0),
    "no stride": lambda x: F.conv2d(x, FILTERS, stride=0),
    "backwards": lambda x: F.conv2d(x, FILTERS, stride=(1, -1)),
    "a stride that is no whole number": lambda x: F.conv2d(x, FILTERS, stride=(2.0, 7.0)),  # type: ignore[arg-type]
    "no groups": lambda x: F.conv2d(x, FILTERS, groups=0),
    "transposed, no filters": lambda x: F.conv_transpose2d(x, torch.ones(3, 0, 2, 2)),
    "transposed, no dilation": lambda x: F.conv_transpose2d(x, torch.ones(3, 8, 2, 2), dilation=0),
    "transposed, no stride": lambda x: F.conv_transpose2d(x, torch.ones(3, 8, 2, 2), stride=0),
    "transposed, a kernel of nothing": lambda x: F.conv_transpose2d(x, torch.ones(3, 8, 0, 0)),
    "transposed, a stride more": lambda x: F.conv_transpose2d(
        x, torch.ones(3, 8, 2, 2), stride=2, output_padding=2
    ),
    "a window of nothing": lambda x: F.max_pool2d(x, 0, 1),
    "a window that stays": lambda x: F.max_pool2d(x, 2, 0),
    "a window without gaps": lambda x: F.max_pool2d(x, 2, dilation=0),
    "a mean of nothing": lambda x: F.avg_pool2d(x, (2, 0), 1),
    "a mean that stays": lambda x: F.avg_pool2d(x, 2, 0),
    "mask": lambda x: F.scaled_dot_product_attention(x, x, x, attn_mask=torch.zeros(8, 8)),
    "heads": lambda x: F.scaled_dot_product_attention(x, x[:, :2], x[:, :2], enable_gqa=True),
}


@pytest.mark.parametrize("net", PRUNED.values(), ids=PRUNED)
def test_pruned_in_one_place_and_not_in_the_other(net: nn.Module) -> None:
    check(net)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_that_torch_refuses(call: Callable[[Tensor], Any]) -> None:
    check(Net(lambda net, x: call(x)))


def check(net: nn.Module) -> None:
    net.eval()
    with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)), torch.no_grad():
        net(torch.ones(1, *PICTURE))
    with pytest.raises(ModelError, match="cannot run at input 1x3x16x16"):
        cnnprof.count(net, PICTURE)


def test_what_was_refused_leaves_nothing_to_the_next_network() -> None:
    """2.0 equals 2, and what was worked out for one would be handed to the other."""
    with pytest.raises(ModelError):
        cnnprof.count(nn.Conv2d(3, 8, 5, stride=(7.0, 7.0)), PICTURE)  # type: ignore[arg-type]
    assert cnnprof.count(nn.Conv2d(3, 8, 5, stride=7), PICTURE).method == "shapes"


@pytest.mark.parametrize("option", ["stride", "padding", "dilation"])
def test_what_was_taken_before_is_refused_in_numbers_that_are_not_whole(option: str) -> None:
    """1.0 equals 1, which is remembered."""
    layer: type[Any] = nn.Conv2d
    cnnprof.count(layer(3, 8, 5, **{option: (1, 1)}), PICTURE)
    check(layer(3, 8, 5, **{option: (1.0, 1.0)}))
