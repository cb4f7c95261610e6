"""CondenseNet: dense blocks of learned group convolutions, as they run (Huang et al. 2017, arXiv:1711.09224)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import ChannelShuffle, Classifier, relu

# CondenseNet-74 of section 5.2: dense layers and growth of each block; both grow with depth.
LAYERS = (4, 6, 8, 10, 8)
GROWTH = (8, 16, 32, 64, 128)
BOTTLENECK = 4  # the 1x1 convolution gives 4k maps, as DenseNet's


class Selection(nn.Module):
    """A layer's inputs picked and ordered by an index that training has left: ``N x C x ... -> N x kept x ...``."""

    def __init__(self, kept: int) -> None:
        super().__init__()
        # Which inputs were kept is part of the weights; any choice costs the same.
        self.register_buffer("index", torch.arange(kept), persistent=False)
        self.index: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """The picked channels, copied."""
        return x[:, self.index]


def norm_relu_conv(inputs: int, outputs: int, kernel: int, groups: int) -> nn.Sequential:
    """Batch norm, ReLU, group convolution."""
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(nn.BatchNorm2d(inputs), relu(), convolution)


class DenseLayer(nn.Module):
    """``[x, x -> index -> 1x1, G groups (4k) -> shuffle -> 3x3, G groups (k)]`` (figure 1, right; figure 3).

    With a condensation factor C = G each group has kept 1/C of the inputs, so the index is as long as they are many.
    """

    def __init__(self, inputs: int, growth: int, groups: int) -> None:
        super().__init__()
        inner = BOTTLENECK * growth
        self.layers = nn.Sequential(
            Selection(inputs),
            norm_relu_conv(inputs, inner, 1, groups),
            ChannelShuffle(groups),
            norm_relu_conv(inner, growth, 3, groups),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x (inputs + growth) x H x W``."""
        return torch.cat((x, self.layers(x)), 1)


class CondenseNet(Classifier):
    """``N x 3 x H x W -> N x num_classes``; pools between the blocks, no convolutions there."""

    def __init__(self, groups: int, num_classes: int) -> None:
        super().__init__()
        channels = 2 * GROWTH[0]
        stages: list[nn.Module] = [nn.Conv2d(3, channels, 3, stride=2, padding=1, bias=False)]
        for place, (count, growth) in enumerate(zip(LAYERS, GROWTH, strict=True)):
            if place:
                stages.append(nn.AvgPool2d(2, stride=2))
            for _ in range(count):
                stages.append(DenseLayer(channels, growth, groups))
                channels += growth
        self.features = nn.Sequential(*stages, nn.BatchNorm2d(channels), relu())
        self.pool = nn.AdaptiveAvgPool2d(1)
        # Of the classifier's inputs one half is pruned (section 5.2).
        self.classifier = nn.Sequential(Selection(channels // 2), nn.Linear(channels // 2, num_classes))


def condensenet(groups: int = 4, num_classes: int = 1000) -> nn.Module:
    """CondenseNet-74 after training, its learned groups converted: ``groups`` is both G and C, 4 or 8."""
    if groups not in (4, 8):
        raise ValueError(f"condensenet has 4 or 8 groups, not {groups}")
    return CondenseNet(groups, num_classes)
