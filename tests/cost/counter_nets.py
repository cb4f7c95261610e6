"""Small networks on each of which counters fall out: one habit or fault of theirs a network."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import prune

Shape = tuple[int, ...]


class Run(nn.Module):
    """Layers by name, and what to do with them."""

    def __init__(self, forward: Callable[[Any, Tensor], Tensor], **layers: nn.Module) -> None:
        super().__init__()
        self.run = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self, x)


class OwnConv(nn.Conv2d):
    """A class derived from torch's own."""


def classic() -> nn.Module:
    """4x8x8 -> conv 6x8x8 -> pool 6x4x4 -> 5."""
    return nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5),
    )  # fmt: skip


def transposed() -> nn.Module:
    """4x8x8 -> 6x16x16, two groups."""
    return nn.Sequential(nn.ConvTranspose2d(4, 6, 2, stride=2, groups=2))


def square_transposed() -> nn.Module:
    """4x8x8 -> 4x16x16: as many channels out as in."""
    return nn.Sequential(nn.ConvTranspose2d(4, 4, 2, stride=2, groups=2, bias=False))


def functional() -> nn.Module:
    """A derived convolution; a functional one, activation and mean; operators and methods."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y = F.relu(net.own(x))
        y = F.conv2d(y, net.kernel.weight)
        z: Tensor = y.mul(2) + y * y
        return z.add(1).mean((2, 3))

    return Run(forward, own=OwnConv(4, 4, 1), kernel=nn.Conv2d(4, 4, 1, bias=False))


def called_twice() -> nn.Module:
    """One layer, called twice."""
    return Run(lambda net, x: net.conv(net.conv(x)), conv=nn.Conv2d(4, 4, 1, bias=False))


def in_two_places() -> nn.Module:
    """One layer that stands in two branches."""
    shared = nn.Conv2d(4, 4, 1, bias=False)
    branches = {"left": nn.Sequential(shared), "right": nn.Sequential(shared)}
    return Run(lambda net, x: net.left(x) + net.right(x), **branches)


def tokens() -> nn.Module:
    """4 channels of 64 positions as 64 tokens of 4."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y = net.norm(net.linear(x.flatten(2).transpose(1, 2).contiguous()))
        return torch.matmul(y.softmax(-1), y.transpose(1, 2))

    return Run(forward, linear=nn.Linear(4, 6), norm=nn.LayerNorm(6))


def enlarged() -> nn.Module:
    """4x8x8 -> 16x16 in three ways."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.up(x)
        return y + F.interpolate(x, size=16) + F.interpolate(x, size=(16, 16), mode="bilinear")

    return Run(forward, up=nn.Upsample(scale_factor=2))


def activations() -> nn.Module:
    """Six activations of 4x8x8 and a softmax over the 4."""
    layers = [nn.SiLU(), nn.GELU(), nn.PReLU(), nn.LeakyReLU(), nn.ReLU6(), nn.Hardswish(), nn.Softmax(1)]
    return nn.Sequential(*layers)


def masked() -> nn.Module:
    """The first network's layers under masks that leave 180 of 216 weights, 4 of 6 biases, 20 of 30 weights."""
    conv, linear = nn.Conv2d(4, 6, 3, padding=1), nn.Linear(6, 5)
    for layer, name, gone in ((conv, "weight", 36), (conv, "bias", 2), (linear, "weight", 10)):
        prune.l1_unstructured(layer, name, gone)  # type: ignore[no-untyped-call]
    return nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)


def remade() -> nn.Module:
    """The same layers, their weights made by hooks from a weight and two vectors, and from a length and a direction."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and in use
        linear = nn.utils.weight_norm(nn.Linear(6, 5))
    conv = nn.utils.spectral_norm(nn.Conv2d(4, 6, 3, padding=1))
    return nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)


def padded_by_name() -> nn.Module:
    """A 3x3 convolution, and one of 1x1."""
    layers = [nn.Conv2d(4, 4, 3, padding="same", bias=False), nn.Conv2d(4, 4, 1, padding="valid", bias=False)]
    return nn.Sequential(*layers)


def norms() -> nn.Module:
    """Norms by the statistics of their input, with weights and without."""
    return nn.Sequential(
        nn.InstanceNorm2d(4, affine=True), nn.InstanceNorm2d(4),
        nn.BatchNorm2d(4, track_running_stats=False), nn.BatchNorm2d(4, affine=False, track_running_stats=False),
        nn.GroupNorm(2, 4), nn.GroupNorm(2, 4, affine=False),
    )  # fmt: skip


def products() -> nn.Module:
    """Six products of 8x8 matrices, stacks of four of them, and vectors of 8."""

    def forward(_: Any, x: Tensor) -> Tensor:
        stack, matrix, vector = x[0], x[0, 0], x[0, 0, 0]
        y = torch.mv(matrix, vector) + torch.addmv(vector, matrix, vector) + torch.dot(vector, vector)
        y = y + torch.addmm(vector, matrix, matrix) + torch.addbmm(matrix, stack, stack)
        return y + torch.baddbmm(stack, stack, stack)

    return Run(forward)


def sums() -> nn.Module:
    """Additions by ``sum``, ``reduce`` and operators that are called as functions; one by the method."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Any = sum([x, net.conv(x)])
        y = operator.mul(functools.reduce(operator.add, [y, x]), x)
        z: Tensor = operator.add(y, x).add(x)
        return z

    return Run(forward, conv=nn.Conv2d(4, 4, 1, bias=False))


def ranks() -> nn.Module:
    """Pictures by a vector of 8."""
    return Run(lambda _, x: torch.mul(x, x[0, 0, 0]))


def resized() -> nn.Module:
    """4x8x8 -> 16x16 in four more ways; as 4x64 -> 4x128 and 4x4; as 4x1x8x8 -> 4x2x8x8."""

    def forward(_: Any, x: Tensor) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is deprecated, and in use
            parts = [F.upsample(x, scale_factor=2)]
        parts += [F.interpolate(x, size=(16, 16), mode="bicubic")]
        parts += [F.interpolate(x, scale_factor=2, mode="nearest-exact")]
        parts += [F.interpolate(x, size=16, mode="bilinear", antialias=True)]
        parts += [F.interpolate(x.flatten(2), scale_factor=2, mode="linear")]
        parts += [F.adaptive_avg_pool1d(x.flatten(2), 4)]
        parts += [F.interpolate(x.unsqueeze(2), size=(2, 8, 8))]
        return torch.cat([part.flatten(1) for part in parts], 1)

    return Run(forward)


SHAPE = (1, 4, 8, 8)
NETS: dict[str, Callable[[], nn.Module]] = {
    net.__name__: net
    for net in (
        classic, transposed, square_transposed, functional, called_twice, in_two_places, tokens, enlarged, activations,
        masked, remade, padded_by_name, norms, products, sums, ranks, resized,
    )
}  # fmt: skip
