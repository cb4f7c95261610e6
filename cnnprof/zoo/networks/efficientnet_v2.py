"""EfficientNetV2: fused blocks in the early stages (Tan and Le 2021, arXiv:2104.00298)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.efficientnet import MBConv
from cnnprof.zoo.networks.layers import Classifier, conv_norm, pointwise, swish

# Table 4, V2-S: expansion, stride of the first block, output channels, blocks; every kernel is 3x3.
FUSED_STAGES = ((1, 1, 24, 2), (4, 2, 48, 4), (4, 2, 64, 4))
STAGES = ((4, 2, 128, 6), (6, 1, 160, 9), (6, 2, 256, 15))
STEM = 24
HEAD = 1280
# Batch norm of the authors' code and of torchvision's.
EPS = 1e-3


class FusedMBConv(nn.Module):
    """MBConv with its expansion and depthwise convolution fused into one full 3x3 (figure 2); no gate.

    ``x (c) -> 3x3 (tc) -> 1x1 (c') [+ x]``, and ``x (c) -> 3x3 (c') [+ x]``, activated, where t is 1.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        hidden = outputs if expansion == 1 else inputs * expansion
        project = [] if expansion == 1 else [pointwise(hidden, outputs, activation=None, eps=EPS)]
        self.layers = nn.Sequential(
            conv_norm(inputs, hidden, 3, stride=stride, activation=swish, eps=EPS), *project
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        if self.residual:
            y += x
        return y


class EfficientNetV2(Classifier):
    """Table 4: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, num_classes: int, dropout: float) -> None:
        super().__init__()
        channels = STEM
        blocks: list[nn.Module] = [conv_norm(3, STEM, 3, stride=2, activation=swish, eps=EPS)]
        for expansion, first_stride, outputs, repeats in FUSED_STAGES:
            for index in range(repeats):
                blocks.append(FusedMBConv(channels, outputs, first_stride if index == 0 else 1, expansion))
                channels = outputs
        for expansion, first_stride, outputs, repeats in STAGES:
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                blocks.append(MBConv(channels, outputs, 3, stride, expansion, eps=EPS))
                channels = outputs
        blocks.append(pointwise(channels, HEAD, activation=swish, eps=EPS))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(HEAD, num_classes))


def efficientnet_v2_s(num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """EfficientNetV2-S; the paper's larger networks have their own tables, not a width of this one."""
    return EfficientNetV2(num_classes, dropout)
