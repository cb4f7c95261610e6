"""ShuffleNet V1: grouped 1x1 convolutions and channel shuffle (Zhang et al. 2017, arXiv:1707.01083)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.layers import channel_shuffle, conv_norm, depthwise, pointwise

REPEATS = (4, 8, 4)
# Table 1: output channels of stages 2, 3 and 4 for each number of groups; more groups, wider at equal cost.
WIDTHS = {
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}
STEM = 24


def multiple_above(channels: float, divisor: int) -> int:
    """The smallest multiple of ``divisor`` that is at least ``channels``."""
    return math.ceil(channels / divisor) * divisor


def scaled_widths(groups: int, width_mult: float) -> tuple[int, tuple[int, ...]]:
    """Channels of the first convolution, and of stages 2-4, at a width.

    Every grouped convolution must divide: stages go up to a multiple of 4 x groups, the first convolution to
    one of groups (as tensorpack's ShuffleNet does). From 1x on the first convolution widens in whole steps.
    So do all eight tables of the authors' code: 12 (g=3) and 16 (g=8) at 0.5x, 24 at 1x and 1.5x, 48 at 2x.
    """
    if groups not in WIDTHS:
        raise ValueError(f"shufflenet_v1 has {', '.join(map(str, WIDTHS))} groups, not {groups}")
    stem = multiple_above(STEM * (math.floor(width_mult) if width_mult > 1 else width_mult), groups)
    return stem, tuple(multiple_above(width * width_mult, 4 * groups) for width in WIDTHS[groups])


class ShuffleUnit(nn.Module):
    """A bottleneck of grouped 1x1 convolutions (figures 2b and 2c), a quarter of the outputs wide.

    ``x -> 1x1 grouped -> 3x3 depthwise -> shuffle -> 1x1 grouped``, then ``+ x`` at stride 1; at stride 2
    the average-pooled ``x`` is concatenated, so the last convolution makes ``outputs - inputs`` channels.
    The authors' code shuffles after the depthwise convolution, figure 2 before it.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, groups: int, first_groups: int) -> None:
        super().__init__()
        hidden = outputs // 4
        made = outputs if stride == 1 else outputs - inputs
        self.groups = groups
        self.reduce = pointwise(inputs, hidden, groups=first_groups)
        self.filter = depthwise(hidden, 3, stride=stride, activation=None)
        self.expand = pointwise(hidden, made, groups=groups, activation=None)
        self.pool = None if stride == 1 else nn.AvgPool2d(3, 2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.filter(self.reduce(x))
        if self.groups > 1:
            # As in the authors' code: channel k of the (n g) goes to group k mod g.
            y = channel_shuffle(y, y.shape[1] // self.groups)
        y = self.expand(y)
        if self.pool is None:
            return F.relu(y + x)
        return torch.cat((self.pool(x), F.relu(y)), dim=1)


class ShuffleNetV1(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, groups: int, width_mult: float, num_classes: int) -> None:
        super().__init__()
        channels, stages = scaled_widths(groups, width_mult)
        self.stem = nn.Sequential(conv_norm(3, channels, 3, stride=2), nn.MaxPool2d(3, 2, padding=1))
        blocks: list[nn.Module] = []
        for outputs, repeats in zip(stages, REPEATS, strict=True):
            for index in range(repeats):
                # The very first 1x1 convolution is not grouped: its inputs are few (Table 1).
                first_groups = groups if blocks else 1
                blocks.append(ShuffleUnit(channels, outputs, 1 if index else 2, groups, first_groups))
                channels = outputs
        self.stages = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.pool(self.stages(self.stem(x))).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def shufflenet_v1(groups: int = 3, width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """ShuffleNet V1 with 1, 2, 3, 4 or 8 groups at any width; as in the authors' code."""
    return ShuffleNetV1(groups, width_mult, num_classes)
