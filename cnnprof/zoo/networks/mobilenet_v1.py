"""MobileNet V1: depthwise separable convolutions (Howard et al. 2017, arXiv:1704.04861)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.layers import Activation, Classifier, conv_norm, depthwise_separable, relu6

# Table 1: output channels and stride of each separable convolution; the 3x3 stem has stride 2.
# The table prints the last depthwise convolution with stride 2, but its 7x7 output makes it 1.
STEM = 32
STAGES = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)


class MobileNetV1(Classifier):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; ``features`` is the stem, then one module a row."""

    def __init__(
        self,
        width_mult: float = 1.0,
        num_classes: int = 1000,
        dropout: float = 0.001,
        activation: Activation = relu6,
        stages: tuple[tuple[int, int], ...] = STAGES,
    ) -> None:
        super().__init__()
        channels = thin(STEM, width_mult)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=activation)]
        for base, stride in stages:
            outputs = thin(base, width_mult)
            blocks.append(depthwise_separable(channels, outputs, stride=stride, activation=activation))
            channels = outputs
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))


def thin(channels: int, width_mult: float) -> int:
    """The width multiplier of section 3.3 as in the authors' code: rounded down, at least 8 channels."""
    return max(int(channels * width_mult), 8)


def mobilenet_v1(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.001) -> nn.Module:
    """MobileNet V1 at any positive width, with the ReLU6 of the authors' TensorFlow code."""
    return MobileNetV1(width_mult, num_classes, dropout)
