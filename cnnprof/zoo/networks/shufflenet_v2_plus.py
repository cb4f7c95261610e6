"""ShuffleNet V2+: mixed kernels, h-swish, squeeze-and-excitation (megvii-model/ShuffleNet-Series)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Activation, Classifier, conv_norm, depthwise, pointwise, relu
from cnnprof.zoo.networks.shufflenet_v2 import split_alternate

# Kernels of the units of each stage; "x" is the unit of three separable convolutions. The first has stride 2.
UNITS = (
    ("3", "3", "x", "5"),
    ("5", "5", "3", "3"),
    ("7", "3", "7", "5", "5", "3", "7", "3"),
    ("7", "5", "x", "7"),
)
STEM = 16
WIDTHS = {
    "small": (36, 104, 208, 416),
    "medium": (48, 128, 256, 512),
    "large": (68, 168, 336, 672),
}
HEAD = 1280


class NormedSqueezeExcite(nn.Module):
    """Channel attention whose 1x1 convolutions have no bias, with batch norm between them.

    ``x: N x C x H x W -> mean: N x C x 1 x 1 -> N x C/4 x 1 x 1 -> N x C x 1 x 1``, then x times the gate.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            pointwise(channels, channels // 4),
            nn.Conv2d(channels // 4, channels, 1, bias=False),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        scale: Tensor = self.gate(x)
        return x * scale


def filtered(
    inputs: int, hidden: int, outputs: int, kernel: int, stride: int, activation: Activation
) -> list[nn.Module]:
    """The main branch: ``x -> 1x1 (hidden) -> k x k depthwise -> 1x1 (outputs)``."""
    return [
        pointwise(inputs, hidden, activation=activation),
        depthwise(hidden, kernel, stride=stride, activation=None),
        pointwise(hidden, outputs, activation=activation),
    ]


def separable(inputs: int, hidden: int, outputs: int, activation: Activation) -> list[nn.Module]:
    """The main branch of an "x" unit, stride 1: three times ``3x3 depthwise -> 1x1``."""
    layers: list[nn.Module] = []
    for width, made in ((inputs, hidden), (hidden, hidden), (hidden, outputs)):
        layers += [depthwise(width, 3, activation=None), pointwise(width, made, activation=activation)]
    return layers


class Unit(nn.Module):
    """A unit of ShuffleNet V2 in the authors' layout: split at stride 1, all channels twice at 2."""

    def __init__(
        self, inputs: int, outputs: int, kind: str, stride: int, activation: Activation, attention: bool
    ) -> None:
        super().__init__()
        self.stride = stride
        seen = inputs if stride == 2 else inputs // 2
        hidden, made = outputs // 2, outputs - seen
        if kind == "x":
            branch = separable(seen, hidden, made, activation)
        else:
            branch = filtered(seen, hidden, made, int(kind), stride, activation)
        if attention:
            branch.append(NormedSqueezeExcite(made))
        self.shortcut = nn.Sequential()
        if stride == 2:
            self.shortcut.append(depthwise(seen, int(kind), stride=2, activation=None))
            self.shortcut.append(pointwise(seen, seen, activation=activation))
        self.branch = nn.Sequential(*branch)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        kept, used = (x, x) if self.stride == 2 else split_alternate(x)
        return torch.cat((self.shortcut(kept), self.branch(used)), dim=1)


class ShuffleNetV2Plus(Classifier):
    """``N x 3 x H x W -> N x num_classes``; ReLU in the first stage only, attention in the last two."""

    def __init__(self, widths: tuple[int, ...], num_classes: int, dropout: float) -> None:
        super().__init__()
        channels = STEM
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=nn.Hardswish)]
        for stage, (outputs, kinds) in enumerate(zip(widths, UNITS, strict=True)):
            activation: Activation = nn.Hardswish if stage else relu
            for index, kind in enumerate(kinds):
                stride = 1 if index else 2
                blocks.append(Unit(channels, outputs, kind, stride, activation, stage >= 2))
                channels = outputs
        blocks.append(pointwise(channels, HEAD, activation=nn.Hardswish))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), NormedSqueezeExcite(HEAD))
        self.classifier = nn.Sequential(
            nn.Linear(HEAD, HEAD, bias=False),
            nn.Hardswish(),
            nn.Dropout(dropout),
            nn.Linear(HEAD, num_classes, bias=False),
        )


def shufflenet_v2_plus(size: str = "medium", num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """ShuffleNet V2+ small, medium or large; the three differ in channels only."""
    if size not in WIDTHS:
        raise ValueError(f"shufflenet_v2_plus has the sizes {', '.join(WIDTHS)}, not {size}")
    return ShuffleNetV2Plus(WIDTHS[size], num_classes, dropout)
