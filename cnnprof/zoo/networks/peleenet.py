"""PeleeNet: two-way dense layers of ordinary convolutions (Wang et al. 2018, arXiv:1804.06882)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm, pointwise

GROWTH = 32
STEM = 32
# Table 1: dense layers of a stage, bottleneck width in units of half the growth rate (section 2).
STAGES = ((3, 1), (4, 2), (8, 4), (6, 4))


class Stem(nn.Module):
    """A convolution, then convolutions beside a pool (figure 2): ``N x 3 x H x W -> N x 32 x H/4 x W/4``.

    ``x -> 3x3/2 -> concat(2x2/2 max pool, [1x1 (16) -> 3x3/2 (32)]) -> 1x1 (32)``
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = conv_norm(3, STEM, 3, stride=2)
        self.convolutions = nn.Sequential(pointwise(STEM, STEM // 2), conv_norm(STEM // 2, STEM, 3, stride=2))
        self.pool = nn.MaxPool2d(2, stride=2)
        self.last = pointwise(2 * STEM, STEM)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x 32 x H/4 x W/4``."""
        x = self.first(x)
        filtered = self.convolutions(x)
        out: Tensor = self.last(torch.cat([self.pool(x), filtered], 1))
        return out


class TwoWayDense(nn.Module):
    """Two views of different reach, each half the growth rate (figure 1b).

    ``x -> concat(x, [1x1 -> 3x3], [1x1 -> 3x3 -> 3x3])``
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        half = GROWTH // 2
        inner = half * width
        self.near = nn.Sequential(pointwise(inputs, inner), conv_norm(inner, half, 3))
        self.far = nn.Sequential(
            pointwise(inputs, inner), conv_norm(inner, half, 3), conv_norm(half, half, 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x (inputs + 32) x H x W``."""
        return torch.cat([x, self.near(x), self.far(x)], 1)


class PeleeNet(Classifier):
    """Table 1: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, num_classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [Stem()]
        channels = STEM
        for stage, (count, width) in enumerate(STAGES):
            if stage > 0:
                layers.append(nn.AvgPool2d(2, stride=2))
            for _ in range(count):
                layers.append(TwoWayDense(channels, width))
                channels += GROWTH
            # Transitions keep the number of channels: no compression.
            layers.append(pointwise(channels, channels))
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))


def peleenet(num_classes: int = 1000, dropout: float = 0.05) -> nn.Module:
    """PeleeNet with the paper's growth rate of 32."""
    return PeleeNet(num_classes, dropout)
