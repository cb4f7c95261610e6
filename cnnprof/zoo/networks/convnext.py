"""ConvNeXt: a ResNet modernised step by step (Liu et al. 2022, arXiv:2201.03545)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Table 9: channels and blocks of the four stages of ConvNeXt-T.
TINY = ((96, 3), (192, 3), (384, 9), (768, 3))
EPS = 1e-6


class ChannelNorm(nn.Module):
    """Layer norm over the channels of an ``N x C x H x W`` map, written out as the authors have it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + EPS)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNeXtBlock(nn.Module):
    """Depthwise filter, then two linear layers over the channels, scaled channel by channel (figure 4).

    ``x (c) -> 7x7 depthwise -> N x H x W x c -> norm -> linear (4c) -> gelu -> linear (c) -> * scale + x``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.layers = nn.Sequential(
            nn.LayerNorm(channels, eps=EPS),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
        )
        self.scale = nn.Parameter(torch.full((channels,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        y: Tensor = self.depthwise(x).permute(0, 2, 3, 1)
        y = self.scale * self.layers(y)
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Table 9: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, stages: tuple[tuple[int, int], ...], num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for channels, repeats in stages:
            # The stem normalises after its 4x4/4 convolution, each later downsampling before its 2x2/2 one.
            layers += (
                [ChannelNorm(inputs), nn.Conv2d(inputs, channels, 2, 2)]
                if layers
                else [nn.Conv2d(inputs, channels, 4, 4), ChannelNorm(channels)]
            )
            layers += [ConvNeXtBlock(channels) for _ in range(repeats)]
            inputs = channels
        self.features = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(inputs, eps=EPS)
        self.classifier = nn.Linear(inputs, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.norm(self.features(x).mean((-2, -1)))
        logits: Tensor = self.classifier(x)
        return logits


def convnext_tiny(num_classes: int = 1000) -> nn.Module:
    """ConvNeXt-T, without the stochastic depth of its training."""
    return ConvNeXt(TINY, num_classes)
