"""Xception39: the narrow Xception under BiSeNet (Yu et al. 2018, arXiv:1808.00897) and, wider, under DFANet."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Activation, conv_norm, pointwise, relu

STEM = 8
# The authors' code: inner channels and blocks of a stage; a stage puts out four times its inner channels.
STAGES = ((16, 4), (32, 8), (64, 4))
EXPANSION = 4


def separable(
    inputs: int, outputs: int, *, stride: int = 1, activation: Activation | None = relu
) -> nn.Sequential:
    """3x3 depthwise and 1x1 convolution with one batch norm after both.

    ``N x inputs x H x W -> N x outputs x H/stride x W/stride``
    """
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        pointwise(inputs, outputs, activation=activation),
    )


class Block(nn.Module):
    """A bottleneck of separable convolutions; the first of a stage strides and has a separable shortcut.

    ``x -> 3x3/stride (c) -> 3x3 (c) -> 3x3 (4c) + shortcut(x) -> relu``
    """

    def __init__(self, inputs: int, inner: int, stride: int) -> None:
        super().__init__()
        outputs = EXPANSION * inner
        self.shortcut: nn.Module = (
            nn.Identity() if stride == 1 else separable(inputs, outputs, stride=stride, activation=None)
        )
        self.layers = nn.Sequential(
            separable(inputs, inner, stride=stride),
            separable(inner, inner),
            separable(inner, outputs, activation=None),
        )
        self.activation = relu()

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x 4 inner x H/stride x W/stride``."""
        shortcut = self.shortcut(x)
        out: Tensor = self.activation(shortcut + self.layers(x))
        return out


def stage(inputs: int, inner: int, repeats: int) -> nn.Sequential:
    """Blocks of one width: ``N x inputs x H x W -> N x 4 inner x H/2 x W/2``."""
    rest = (Block(EXPANSION * inner, inner, 1) for _ in range(repeats - 1))
    return nn.Sequential(Block(inputs, inner, 2), *rest)


def xception39_stages() -> list[nn.Sequential]:
    """The stem with the first stage, and the other two.

    ``N x 3 x H x W -> N x 64 x H/8 x W/8 -> N x 128 x H/16 x W/16 -> N x 256 x H/32 x W/32``
    """
    stem = nn.Sequential(conv_norm(3, STEM, 3, stride=2), nn.MaxPool2d(3, 2, padding=1))
    channels = STEM
    stages: list[nn.Sequential] = []
    for inner, repeats in STAGES:
        stages.append(stage(channels, inner, repeats))
        channels = EXPANSION * inner
    return [nn.Sequential(stem, stages[0]), *stages[1:]]
