"""Layers that several families share, and the forward of most classifiers; a family's blocks stand in its own file."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Activation = Callable[[], nn.Module]


def relu() -> nn.Module:
    """ReLU in place, as the reference implementations have it."""
    return nn.ReLU(inplace=True)


def relu6() -> nn.Module:
    """min(max(x, 0), 6) in place (MobileNet V1 and V2)."""
    return nn.ReLU6(inplace=True)


def hard_swish() -> nn.Module:
    """x * relu6(x + 3) / 6 in place (MobileNet V3, section 5.2)."""
    return nn.Hardswish(inplace=True)


def swish() -> nn.Module:
    """x * sigmoid(x) in place (EfficientNet; torch calls it SiLU)."""
    return nn.SiLU(inplace=True)


def round_channels(channels: float, divisor: int = 8) -> int:
    """Nearest multiple of ``divisor``, at least ``divisor`` and never below 90% of ``channels``.

    The rounding of TensorFlow's MobileNet code (``make_divisible``), which built the papers' networks.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
    padding: int | None = None,
    activation: Activation | None = relu,
    eps: float = 1e-5,
    bias: bool = False,
) -> nn.Sequential:
    """Convolution, batch norm, activation; no bias before the norm unless ``bias`` asks for one.

    ``N x inputs x H x W -> N x outputs x H/stride x W/stride``;
    ``padding`` defaults to half the kernel, which keeps H and W at stride 1.
    """
    half = kernel // 2 if padding is None else padding
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, half, groups=groups, bias=bias),
        nn.BatchNorm2d(outputs, eps=eps),
    ]
    if activation is not None:
        layers.append(activation())
    return nn.Sequential(*layers)


def depthwise(
    channels: int, kernel: int, *, stride: int = 1, activation: Activation | None = relu, eps: float = 1e-5
) -> nn.Sequential:
    """``conv_norm`` with one filter a channel."""
    return conv_norm(
        channels, channels, kernel, stride=stride, groups=channels, activation=activation, eps=eps
    )


def pointwise(
    inputs: int, outputs: int, *, groups: int = 1, activation: Activation | None = relu, eps: float = 1e-5
) -> nn.Sequential:
    """``conv_norm`` with 1x1 filters."""
    return conv_norm(inputs, outputs, 1, groups=groups, activation=activation, eps=eps)


def depthwise_separable(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, activation: Activation = relu
) -> nn.Sequential:
    """Filter depthwise, then mix the channels, each with norm and activation (MobileNet V1, figure 3).

    ``N x inputs x H x W -> N x inputs x H/stride x W/stride -> N x outputs x H/stride x W/stride``
    """
    return nn.Sequential(
        depthwise(inputs, kernel, stride=stride, activation=activation),
        pointwise(inputs, outputs, activation=activation),
    )


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Interleave the channels of ``groups`` groups (ShuffleNet, figure 1c): views, then one copy.

    ``N x (g n) x H x W -> N x g x n x H x W -> N x n x g x H x W -> N x (n g) x H x W``
    """
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return torch.transpose(x, 1, 2).contiguous().view(batch, channels, height, width)


class ChannelShuffle(nn.Module):
    """``channel_shuffle`` as a module."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        return channel_shuffle(x, self.groups)


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al. 2017, figure 2): ``x * gate(expand(activation(squeeze(mean(x)))))``.

    ``N x C x H x W -> mean: N x C x 1 x 1 -> N x hidden x 1 x 1 -> N x C x 1 x 1`` (with biases).
    """

    def __init__(
        self, channels: int, hidden: int, activation: Activation = relu, gate: Activation = nn.Sigmoid
    ) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.activation = activation()
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.gate = gate()

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        scale: Tensor = self.gate(self.expand(self.activation(self.squeeze(self.pool(x)))))
        return x * scale


class Classifier(nn.Module):
    """Features, pool, classifier: the forward of most networks, which set the three modules in this order."""

    features: nn.Sequential
    pool: nn.Module
    classifier: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.pool(self.features(x)).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits
