"""IGCV3: interleaved low-rank group convolutions (Sun et al. 2018, arXiv:1806.00178)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, channel_shuffle, conv_norm, depthwise, pointwise, relu6

GROUPS = 2
# IGCV3-D: expansion t, output channels c, repeats n, stride s of the first; twice MobileNet V2's blocks.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 4, 2),
    (6, 32, 6, 2),
    (6, 64, 8, 2),
    (6, 96, 6, 1),
    (6, 160, 6, 2),
    (6, 320, 1, 1),
)


class InterleavedBlock(nn.Module):
    """Grouped expansion, permutation, depthwise filter, grouped projection.

    ``x (c) -> 1x1, 2 groups (tc) -> shuffle -> 3x3 depthwise, ReLU6 -> 1x1, 2 groups (c') [+ x]``;
    the authors' released network has no non-linearity behind the expansion and no permutation behind the projection.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.expand = pointwise(inputs, hidden, groups=GROUPS, activation=None)
        self.filter = depthwise(hidden, 3, stride=stride, activation=relu6)
        self.project = pointwise(hidden, outputs, groups=GROUPS, activation=None)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = channel_shuffle(self.expand(x), GROUPS)
        y = self.project(self.filter(y))
        return x + y if self.residual else y


class IGCV3(Classifier):
    """IGCV3-D as in the authors' models/igcv3-symbol.json: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, width_mult: float = 1.0, num_classes: int = 1000) -> None:
        super().__init__()
        channels = widen(32, width_mult)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=relu6)]
        for expansion, base, repeats, first_stride in STAGES:
            outputs = widen(base, width_mult)
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                blocks.append(InterleavedBlock(channels, outputs, stride, expansion))
                channels = outputs
        last = widen(1280, max(1.0, width_mult))
        blocks.append(pointwise(channels, last, activation=relu6))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(last, num_classes)


def widen(channels: int, width_mult: float) -> int:
    """``channels`` at a width as in the authors' code: rounded, then up to an even number."""
    rounded = max(round(channels * width_mult), GROUPS)
    return rounded + rounded % GROUPS


def igcv3(width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """IGCV3-D at any positive width."""
    return IGCV3(width_mult, num_classes)
