"""Two stacks of equal layers, one of them 3% longer: a difference that is known before it is measured."""

from __future__ import annotations

from torch import nn

LAYERS = 33
CHANNELS = 64
INPUT = f"{CHANNELS}x28x28"


def plain() -> nn.Module:
    """33 layers, a network of 3x3 convolutions, batch norms and ReLUs."""
    return _stack(LAYERS)


def longer() -> nn.Module:
    """One layer more: 34/33 of the work, 3.03% extra."""
    return _stack(LAYERS + 1)


def _stack(layers: int) -> nn.Module:
    return nn.Sequential(*(_layer() for _ in range(layers)))


def _layer() -> nn.Module:
    convolution = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True))
