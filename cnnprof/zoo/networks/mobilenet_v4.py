"""MobileNet V4 without attention: universal inverted bottlenecks (Qin et al. 2024, arXiv:2404.10518)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, round_channels

# Kernels of the depthwise convolutions before and after the expansion (0: none), expansion, outputs, stride.
Block = tuple[int, int, int, int, int]
# Outputs of each 3x3 convolution of stride 2 and of the 1x1 behind it. Table 11 calls the pairs FusedIB, but
# in the authors' code a ReLU follows both convolutions.
SMALL_STEM = ((32, 32), (96, 64))
SMALL: tuple[Block, ...] = (
    (5, 5, 3, 96, 2),
    (0, 3, 2, 96, 1),
    (0, 3, 2, 96, 1),
    (0, 3, 2, 96, 1),
    (0, 3, 2, 96, 1),
    (3, 0, 4, 96, 1),
    (3, 3, 6, 128, 2),
    (5, 5, 4, 128, 1),
    (0, 5, 4, 128, 1),
    (0, 5, 3, 128, 1),
    (0, 3, 4, 128, 1),
    (0, 3, 4, 128, 1),
)
MEDIUM: tuple[Block, ...] = (
    (3, 5, 4, 80, 2),
    (3, 3, 2, 80, 1),
    (3, 5, 6, 160, 2),
    (3, 3, 4, 160, 1),
    (3, 3, 4, 160, 1),
    (3, 5, 4, 160, 1),
    (3, 3, 4, 160, 1),
    (3, 0, 4, 160, 1),
    (0, 0, 2, 160, 1),
    (3, 0, 4, 160, 1),
    (5, 5, 6, 256, 2),
    (5, 5, 4, 256, 1),
    (3, 5, 4, 256, 1),
    (3, 5, 4, 256, 1),
    (0, 0, 4, 256, 1),
    (3, 0, 4, 256, 1),
    (3, 5, 2, 256, 1),
    (5, 5, 4, 256, 1),
    (0, 0, 4, 256, 1),
    (0, 0, 4, 256, 1),
    (5, 0, 2, 256, 1),
)
LARGE: tuple[Block, ...] = (
    (3, 5, 4, 96, 2),
    (3, 3, 4, 96, 1),
    (3, 5, 4, 192, 2),
    *((3, 3, 4, 192, 1),) * 3,
    (3, 5, 4, 192, 1),
    *((5, 3, 4, 192, 1),) * 5,
    (3, 0, 4, 192, 1),
    (5, 5, 4, 512, 2),
    *((5, 5, 4, 512, 1),) * 3,
    (5, 0, 4, 512, 1),
    (5, 3, 4, 512, 1),
    *((5, 0, 4, 512, 1),) * 2,
    (5, 3, 4, 512, 1),
    (5, 5, 4, 512, 1),
    *((5, 0, 4, 512, 1),) * 3,
)


class UniversalBottleneck(nn.Module):
    """UIB: an inverted bottleneck with up to two depthwise convolutions (figure 4).

    ``x (c) -> kxk depthwise -> 1x1 (ec) -> kxk depthwise -> 1x1 (c') [+ x]``; ReLU behind the expansion and
    the second depthwise convolution, which takes the stride where it is there. ExtraDW has both depthwise
    convolutions, IB the second, ConvNext the first, FFN none.
    """

    def __init__(self, inputs: int, block: Block) -> None:
        super().__init__()
        before, after, expansion, outputs, stride = block
        hidden = round_channels(inputs * expansion)
        self.residual = stride == 1 and inputs == outputs
        layers: list[nn.Module] = []
        if before:
            layers.append(depthwise(inputs, before, stride=1 if after else stride, activation=None))
        layers.append(pointwise(inputs, hidden))
        if after:
            layers.append(depthwise(hidden, after, stride=stride))
        self.layers = nn.Sequential(*layers, pointwise(hidden, outputs, activation=None))

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return y + x if self.residual else y


class MobileNetV4(nn.Module):
    """``N x 3 x H x W -> N x num_classes``: stem, bottlenecks, 1x1 to 960, mean, 1x1 to 1280, classifier."""

    def __init__(
        self,
        stem: list[nn.Module],
        channels: int,
        blocks: tuple[Block, ...],
        num_classes: int,
        dropout: float,
    ) -> None:
        super().__init__()
        layers = list(stem)
        for block in blocks:
            layers.append(UniversalBottleneck(channels, block))
            channels = block[3]
        self.features = nn.Sequential(*layers, pointwise(channels, 960))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = pointwise(960, 1280)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.head(self.pool(self.features(x))).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def fused_stem(channels: int) -> list[nn.Module]:
    """The larger stem: 3x3 of stride 2, then FusedIB: 3x3 of stride 2 (4c), 1x1 without activation (48)."""
    return [
        conv_norm(3, channels, 3, stride=2),
        nn.Sequential(
            conv_norm(channels, 4 * channels, 3, stride=2), pointwise(4 * channels, 48, activation=None)
        ),
    ]


def mobilenet_v4_conv_small(num_classes: int = 1000, dropout: float = 0.3) -> nn.Module:
    """MNv4-Conv-S (Table 11)."""
    stem: list[nn.Module] = [conv_norm(3, 32, 3, stride=2)]
    channels = 32
    for filters, outputs in SMALL_STEM:
        stem.append(nn.Sequential(conv_norm(channels, filters, 3, stride=2), pointwise(filters, outputs)))
        channels = outputs
    return MobileNetV4(stem, channels, SMALL, num_classes, dropout)


def mobilenet_v4_conv_medium(num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """MNv4-Conv-M (Table 12)."""
    return MobileNetV4(fused_stem(32), 48, MEDIUM, num_classes, dropout)


def mobilenet_v4_conv_large(num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """MNv4-Conv-L (Table 14)."""
    return MobileNetV4(fused_stem(24), 48, LARGE, num_classes, dropout)
