"""MobileNet V2: inverted residuals with linear bottlenecks (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

from math import ceil

import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, relu6, round_channels

# Table 2: expansion t, output channels c, repeats n, stride s of the first of them.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project without activation (figure 4d); no expansion where t is 1.

    ``x (c) -> 1x1 (tc) -> 3x3 depthwise -> 1x1 (c') [+ x]``
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        expand = [] if expansion == 1 else [pointwise(inputs, hidden, activation=relu6)]
        self.layers = nn.Sequential(
            *expand,
            depthwise(hidden, 3, stride=stride, activation=relu6),
            pointwise(hidden, outputs, activation=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Table 2: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(
        self, width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, depth_mult: float = 1.0
    ) -> None:
        super().__init__()
        channels = round_channels(32 * width_mult)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=relu6)]
        for expansion, base, repeats, first_stride in STAGES:
            outputs = round_channels(base * width_mult)
            for index in range(ceil(repeats * depth_mult)):
                stride = first_stride if index == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, stride, expansion))
                channels = outputs
        # The last convolution is not narrowed below 1280 (section 6.1).
        last = round_channels(1280 * max(1.0, width_mult))
        blocks.append(pointwise(channels, last, activation=relu6))
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = F.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def mobilenet_v2(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, depth_mult: float = 1.0
) -> nn.Module:
    """MobileNet V2 at any positive width; channels are rounded as in TensorFlow's and torchvision's code.

    ``depth_mult`` repeats each row of table 2 more often, ``ceil(depth_mult * n)`` times: EfficientNet's rule.
    """
    return MobileNetV2(width_mult, num_classes, dropout, depth_mult)
