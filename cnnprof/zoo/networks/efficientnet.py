"""EfficientNet: one network scaled in width, depth and resolution (Tan and Le 2019, arXiv:1905.11946)."""

from __future__ import annotations

from math import ceil

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import (
    Activation,
    Classifier,
    SqueezeExcite,
    conv_norm,
    depthwise,
    pointwise,
    round_channels,
    swish,
)

# Table 1, stages 2 to 8 of B0: expansion, kernel, stride of the first block, output channels, blocks.
# The table prints the resolution that enters a stage; the strides are those of the authors' code.
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class MBConv(nn.Module):
    """Inverted residual with squeeze-and-excitation; no expansion where its factor is 1.

    ``x (c) -> 1x1 (tc) -> kxk depthwise -> gate -> 1x1 (c') [+ x]``

    The gate's hidden layer has a quarter of the block's input channels, not of the expanded ones;
    ``excite=False`` leaves the gate out (EfficientNet-Lite).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int,
        expansion: int,
        *,
        excite: bool = True,
        activation: Activation = swish,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        expand = [] if expansion == 1 else [pointwise(inputs, hidden, activation=activation, eps=eps)]
        gate = [SqueezeExcite(hidden, max(1, inputs // 4), activation)] if excite else []
        self.layers = nn.Sequential(
            *expand,
            depthwise(hidden, kernel, stride=stride, activation=activation, eps=eps),
            *gate,
            pointwise(hidden, outputs, activation=None, eps=eps),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        if self.residual:
            y += x
        return y


class EfficientNet(Classifier):
    """Table 1, scaled: ``N x 3 x H x W -> N x num_classes``. Width scales the stem and the head too."""

    def __init__(
        self, width_mult: float, depth_mult: float, num_classes: int, dropout: float, eps: float
    ) -> None:
        super().__init__()
        channels = round_channels(32 * width_mult)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=swish, eps=eps)]
        for expansion, kernel, first_stride, base, repeats in STAGES:
            outputs = round_channels(base * width_mult)
            for index in range(ceil(repeats * depth_mult)):
                stride = first_stride if index == 0 else 1
                blocks.append(MBConv(channels, outputs, kernel, stride, expansion, eps=eps))
                channels = outputs
        # The authors round 1280 w; torchvision takes four times the last stage, the same in B0 to B7.
        last = round_channels(1280 * width_mult)
        blocks.append(pointwise(channels, last, activation=swish, eps=eps))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(last, num_classes))


def efficientnet(
    width_mult: float = 1.0,
    depth_mult: float = 1.0,
    num_classes: int = 1000,
    dropout: float = 0.2,
    eps: float = 1e-5,
) -> nn.Module:
    """EfficientNet at a width and a depth; the defaults are B0.

    Channels are rounded to multiples of 8, repeats up (``ceil(depth_mult * n)``), as in the authors' code.
    ``eps`` is that of batch norm: torchvision has 1e-5 in B0 to B4 and 1e-3 in B5 to B7, the authors 1e-3
    in all of them.
    """
    return EfficientNet(width_mult, depth_mult, num_classes, dropout, eps)
