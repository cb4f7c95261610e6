"""ProxylessNAS: searched on ImageNet for one device each (Cai et al. 2018, arXiv:1812.00332)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm, depthwise, pointwise, relu6

# A block is kernel and expansion; None stands where the search kept only the identity.
Block = tuple[int, int] | None
# A stage is output channels, stride of the first block, and its four blocks.
Stage = tuple[int, int, tuple[Block, ...]]
# Batch norm of the authors' configurations.
EPS = 1e-3


@dataclass(frozen=True)
class Layout:
    """A searched network, from the authors' configuration files.

    Channels of the stem and of the first block (3x3, expansion 1), the stages, channels of the head.
    """

    stem: int
    first: int
    stages: tuple[Stage, ...]
    head: int


GPU = Layout(
    40,
    24,
    (
        (32, 2, ((5, 3), None, None, None)),
        (56, 2, ((7, 3), None, None, (3, 3))),
        (112, 2, ((7, 6), None, None, (5, 3))),
        (128, 1, ((5, 6), None, (3, 3), (5, 3))),
        (256, 2, ((7, 6), (7, 6), (7, 6), (5, 6))),
        (432, 1, ((7, 6),)),
    ),
    1728,
)
CPU = Layout(
    40,
    24,
    (
        (32, 2, ((3, 6), (3, 3), (3, 3), (3, 3))),
        (48, 2, ((3, 6), (3, 3), (3, 3), (5, 3))),
        (88, 2, ((3, 6), None, None, (3, 3))),
        (104, 1, ((5, 6), (3, 3), (3, 3), (3, 3))),
        (216, 2, ((5, 6), (5, 3), (5, 3), (3, 3))),
        (360, 1, ((5, 6),)),
    ),
    1432,
)
MOBILE = Layout(
    32,
    16,
    (
        (32, 2, ((5, 3), (3, 3), None, None)),
        (40, 2, ((7, 3), (3, 3), (5, 3), (5, 3))),
        (80, 2, ((7, 6), (5, 3), (5, 3), (5, 3))),
        (96, 1, ((5, 6), (5, 3), (5, 3), (5, 3))),
        (192, 2, ((7, 6), (7, 6), (7, 3), (7, 3))),
        (320, 1, ((7, 6),)),
    ),
    1280,
)


class InvertedResidual(nn.Module):
    """MobileNet V2's block with a kernel of its own; no expansion where its factor is 1.

    ``x (c) -> 1x1 (tc) -> kxk depthwise -> 1x1 (c') [+ x]``
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        expand = [] if expansion == 1 else [pointwise(inputs, hidden, activation=relu6, eps=EPS)]
        self.layers = nn.Sequential(
            *expand,
            depthwise(hidden, kernel, stride=stride, activation=relu6, eps=EPS),
            pointwise(hidden, outputs, activation=None, eps=EPS),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class ProxylessNAS(Classifier):
    """A searched layout as a network: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, layout: Layout, num_classes: int, dropout: float) -> None:
        super().__init__()
        channels = layout.first
        blocks: list[nn.Module] = [
            conv_norm(3, layout.stem, 3, stride=2, activation=relu6, eps=EPS),
            InvertedResidual(layout.stem, channels, 3, 1, 1),
        ]
        for outputs, first_stride, stage in layout.stages:
            for index, block in enumerate(stage):
                if block is None:
                    continue
                kernel, expansion = block
                stride = first_stride if index == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, kernel, stride, expansion))
                channels = outputs
        blocks.append(pointwise(channels, layout.head, activation=relu6, eps=EPS))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout, inplace=True), nn.Linear(layout.head, num_classes)
        )


def proxylessnas_gpu(num_classes: int = 1000, dropout: float = 0.0) -> nn.Module:
    """The network searched for a GPU: few, wide blocks with large kernels."""
    return ProxylessNAS(GPU, num_classes, dropout)


def proxylessnas_cpu(num_classes: int = 1000, dropout: float = 0.0) -> nn.Module:
    """The network searched for a server's CPU: many blocks with small kernels."""
    return ProxylessNAS(CPU, num_classes, dropout)


def proxylessnas_mobile(num_classes: int = 1000, dropout: float = 0.0) -> nn.Module:
    """The network searched for a phone."""
    return ProxylessNAS(MOBILE, num_classes, dropout)
