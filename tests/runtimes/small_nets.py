"""Networks of a few layers, small enough to be converted in a test."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

SHAPE = (1, 3, 17, 23)


class Block(nn.Module):
    """Convolution, batch norm, activation; twice, the second one depthwise."""

    def __init__(self, width: int, activation: type[nn.Module]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.act = activation()
        self.depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm2(self.depthwise(self.act(self.norm(self.conv(x)))))
        return y


class SmallNet(nn.Module):
    """A block with a shortcut, pooling, a classifier."""

    def __init__(self, activation: type[nn.Module] = nn.ReLU6) -> None:
        super().__init__()
        self.block = Block(16, activation)
        self.shortcut = nn.Conv2d(3, 16, 1, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(torch.flatten(self.pool(self.block(x) + self.shortcut(x)), 1))
        return y


class Around(nn.Module):
    """Any function between two convolutions."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.before = nn.Conv2d(3, 4, 1)
        self.middle = Called(function)
        self.after = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.after(self.middle(self.before(x)))
        return y


class Called(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def seeded(build: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """The same weights each time; the caller's random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().eval()
