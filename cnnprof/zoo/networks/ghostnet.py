"""GhostNet: half of the channels from cheap depthwise convolutions (Han et al. 2020, arXiv:1911.11907)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import (
    Activation,
    SqueezeExcite,
    conv_norm,
    depthwise,
    pointwise,
    relu,
    round_channels,
)

# Table 1: depthwise kernel, expansion, output channels, squeeze-and-excitation, stride.
STAGES = (
    (3, 16, 16, False, 1),
    (3, 48, 24, False, 2),
    (3, 72, 24, False, 1),
    (5, 72, 40, True, 2),
    (5, 120, 40, True, 1),
    (3, 240, 80, False, 2),
    (3, 200, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 480, 112, True, 1),
    (3, 672, 112, True, 1),
    (5, 672, 160, True, 2),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
)
LAST_EXPANSION = 960
HEAD = 1280


class GhostModule(nn.Module):
    """Intrinsic maps by a 1x1 convolution and a ghost of each by a 3x3 depthwise one (figure 2b).

    ``x -> 1x1 (c/2) = y; [y, 3x3 depthwise(y)]``, cut to c channels.
    """

    def __init__(self, inputs: int, outputs: int, activation: Activation | None = relu) -> None:
        super().__init__()
        intrinsic = math.ceil(outputs / 2)
        self.outputs = outputs
        self.primary = pointwise(inputs, intrinsic, activation=activation)
        self.cheap = depthwise(intrinsic, 3, activation=activation)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``."""
        y = self.primary(x)
        return torch.cat((y, self.cheap(y)), dim=1)[:, : self.outputs]


def shortcut(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    """Identity where shapes allow, else depthwise and 1x1 convolution, both without activation."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(
        depthwise(inputs, kernel, stride=stride, activation=None), pointwise(inputs, outputs, activation=None)
    )


class GhostBottleneck(nn.Module):
    """Figure 3: expand, [depthwise at stride 2], [squeeze-and-excitation], project without activation, add.

    ``first`` is the expanding module, ``N x inputs x H x W -> N x hidden x H x W``.
    """

    def __init__(
        self,
        first: nn.Module,
        inputs: int,
        hidden: int,
        outputs: int,
        kernel: int,
        attention: bool,
        stride: int,
    ) -> None:
        super().__init__()
        layers = [first]
        if stride > 1:
            layers.append(depthwise(hidden, kernel, stride=stride, activation=None))
        if attention:
            layers.append(SqueezeExcite(hidden, round_channels(hidden / 4, 4), gate=nn.Hardsigmoid))
        self.layers = nn.Sequential(*layers, GhostModule(hidden, outputs, activation=None))
        self.shortcut = shortcut(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        y += self.shortcut(x)
        return y


class GhostNet(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; ``expanders`` make each bottleneck's first module."""

    def __init__(
        self, expanders: tuple[type[nn.Module], ...], width_mult: float, num_classes: int, dropout: float
    ) -> None:
        super().__init__()
        if width_mult <= 0:
            raise ValueError(f"width_mult must be positive, not {width_mult}")
        channels = round_channels(16 * width_mult, 4)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2)]
        for expander, (kernel, expansion, base, attention, stride) in zip(expanders, STAGES, strict=True):
            hidden, outputs = (round_channels(width * width_mult, 4) for width in (expansion, base))
            first = expander(channels, hidden)
            blocks.append(GhostBottleneck(first, channels, hidden, outputs, kernel, attention, stride))
            channels = outputs
        last = round_channels(LAST_EXPANSION * width_mult, 4)
        blocks.append(pointwise(channels, last))
        self.features = nn.Sequential(*blocks)
        # The head has a bias and no batch norm, and keeps its width.
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(last, HEAD, 1), relu())
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(HEAD, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.head(self.features(x)).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def ghostnet(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """GhostNet at a width; channels are rounded to multiples of 4 as in the authors' code."""
    return GhostNet((GhostModule,) * len(STAGES), width_mult, num_classes, dropout)
