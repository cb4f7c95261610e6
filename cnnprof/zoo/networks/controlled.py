"""The networks of ShuffleNet V2's controlled experiments (section 2, tables 1 to 4), each guideline's own.

Ten equal blocks and nothing else: no stem, no classifier. What the paper does not say of the blocks is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor, nn

JOINS = ("add", "concat")
MEANINGS = ("outer", "inner")


def convolution(
    inputs: int, outputs: int, kernel: int = 1, *, groups: int = 1, norm: bool, bias: bool, relu: bool
) -> list[nn.Module]:
    """``N x inputs x H x W -> N x outputs x H x W``, then what is asked for."""
    if inputs % groups or outputs % groups:
        raise ValueError(f"{inputs} and {outputs} channels do not divide into {groups} groups")
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=bias)
    ]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return layers


def g1(
    c1: int = 128, c2: int = 128, blocks: int = 10, norm: bool = False, bias: bool = False, relu: bool = False
) -> nn.Module:
    """Table 1: two 1x1 convolutions a block, c1 -> c2 and c2 -> c1. ``2 h w c1 c2`` multiply-adds a block."""
    layers: list[nn.Module] = []
    for _ in range(blocks):
        layers += convolution(c1, c2, norm=norm, bias=bias, relu=relu)
        layers += convolution(c2, c1, norm=norm, bias=bias, relu=relu)
    return nn.Sequential(*layers)


def g2(
    channels: int = 256,
    groups: int = 4,
    blocks: int = 10,
    norm: bool = False,
    bias: bool = False,
    relu: bool = False,
) -> nn.Module:
    """Table 2: one 1x1 convolution in g groups a layer. ``h w c c / g`` multiply-adds a layer."""
    layers: list[nn.Module] = []
    for _ in range(blocks):
        layers += convolution(channels, channels, groups=groups, norm=norm, bias=bias, relu=relu)
    return nn.Sequential(*layers)


class Parallel(nn.Module):
    """Fragments side by side on one input, then added or concatenated."""

    def __init__(self, fragments: Sequence[nn.Module], join: str) -> None:
        super().__init__()
        self.fragments = nn.ModuleList(fragments)
        self.join = join

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W -> N x C x H x W``."""
        outputs = [fragment(x) for fragment in self.fragments]
        if self.join == "concat":
            return torch.cat(outputs, 1)
        total: Tensor = outputs[0]
        for output in outputs[1:]:
            total = total + output
        return total


def fragment_width(channels: int, fragments: int) -> int:
    """Channels of each of n fragments whose n c'^2 are the c^2 of one: ``c / sqrt(n)``, to the nearest integer."""
    return round(channels / sqrt(fragments))


def g3(
    channels: int = 128,
    fragments: int = 4,
    parallel: bool = True,
    blocks: int = 10,
    join: str = "add",
    norm: bool = False,
    bias: bool = False,
    relu: bool = False,
) -> nn.Module:
    """Table 3: a block of 1 to 4 convolutions 1x1 in series or in parallel, with the macs of one over ``channels``.

    Joined by ``add`` each fragment is ``c' -> c'`` with ``c' = c / sqrt(n)``, as in series; by ``concat`` each gives
    ``c / n`` of the ``c`` channels. The network's input has c' channels (c with ``concat``).
    """
    if join not in JOINS:
        raise ValueError(f"fragments are joined by {' or '.join(JOINS)}, not {join}")
    if parallel and fragments > 1 and join == "concat":
        if channels % fragments:
            raise ValueError(f"{channels} channels do not divide into {fragments} fragments")
        inputs, outputs = channels, channels // fragments
    else:
        inputs = outputs = fragment_width(channels, fragments)
    layers: list[nn.Module] = []
    for _ in range(blocks):
        members = [
            nn.Sequential(*convolution(inputs, outputs, norm=norm, bias=bias, relu=relu))
            for _ in range(fragments)
        ]
        layers += [Parallel(members, join)] if parallel and fragments > 1 else members
    return nn.Sequential(*layers)


class Bottleneck(nn.Module):
    """ResNet's bottleneck: 1x1, 3x3, 1x1, with ReLU and shortcut where asked for."""

    def __init__(self, outer: int, inner: int, relu: bool, shortcut: bool, norm: bool, bias: bool) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *convolution(outer, inner, norm=norm, bias=bias, relu=relu),
            *convolution(inner, inner, 3, norm=norm, bias=bias, relu=relu),
            *convolution(inner, outer, norm=norm, bias=bias, relu=False),
        )
        self.shortcut = shortcut
        self.relu = nn.ReLU(inplace=True) if relu else None

    def forward(self, x: Tensor) -> Tensor:
        """``N x outer x H x W -> N x outer x H x W``."""
        out: Tensor = self.convolutions(x)
        if self.shortcut:
            out = out + x
        return out if self.relu is None else self.relu(out)


def g4(
    channels: int = 128,
    relu: bool = True,
    shortcut: bool = True,
    blocks: int = 10,
    ratio: int = 4,
    c_is: str = "outer",
    norm: bool = False,
    bias: bool = False,
) -> nn.Module:
    """Table 4: bottlenecks with and without ReLU and shortcut.

    ``channels`` are the ``outer`` ones of the unit, its inner ones ``channels / ratio``; with ``c_is="inner"`` they are
    the inner ones, and the outer ones ``channels * ratio``.
    """
    if c_is not in MEANINGS:
        raise ValueError(f"c_is is {' or '.join(MEANINGS)}, not {c_is}")
    if c_is == "outer" and channels % ratio:
        raise ValueError(f"{channels} channels do not divide by the ratio {ratio}")
    outer, inner = (channels, channels // ratio) if c_is == "outer" else (channels * ratio, channels)
    return nn.Sequential(*(Bottleneck(outer, inner, relu, shortcut, norm, bias) for _ in range(blocks)))
