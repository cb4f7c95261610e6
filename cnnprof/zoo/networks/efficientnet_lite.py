"""EfficientNet-Lite: EfficientNet without gates and swish, for mobile accelerators (tensorflow/tpu, 2020)."""

from __future__ import annotations

from math import ceil

from torch import nn

from cnnprof.zoo.networks.efficientnet import STAGES, MBConv
from cnnprof.zoo.networks.layers import Classifier, conv_norm, pointwise, relu6, round_channels

# Neither is scaled with the width ("fix the stem and head while scaling models up", lite/README.md).
STEM = 32
HEAD = 1280
# The authors' batch norm, in all five.
EPS = 1e-3


def repeats_at(depth_mult: float) -> list[int]:
    """Blocks of each stage: the first and the last stage keep their one block at every depth."""
    middle = [ceil(repeats * depth_mult) for *_, repeats in STAGES[1:-1]]
    return [STAGES[0][-1], *middle, STAGES[-1][-1]]


class EfficientNetLite(Classifier):
    """EfficientNet's stages with ReLU6 and without gates: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, width_mult: float, depth_mult: float, num_classes: int, dropout: float) -> None:
        super().__init__()
        channels = STEM
        blocks: list[nn.Module] = [conv_norm(3, STEM, 3, stride=2, activation=relu6, eps=EPS)]
        for stage, repeats in zip(STAGES, repeats_at(depth_mult), strict=True):
            expansion, kernel, first_stride, base, _ = stage
            outputs = round_channels(base * width_mult)
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                block = MBConv(
                    channels, outputs, kernel, stride, expansion, excite=False, activation=relu6, eps=EPS
                )
                blocks.append(block)
                channels = outputs
        blocks.append(pointwise(channels, HEAD, activation=relu6, eps=EPS))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(HEAD, num_classes))


def efficientnet_lite(
    width_mult: float = 1.0, depth_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2
) -> nn.Module:
    """EfficientNet-Lite at a width and a depth; the defaults are Lite0. Rounding is that of EfficientNet."""
    return EfficientNetLite(width_mult, depth_mult, num_classes, dropout)
