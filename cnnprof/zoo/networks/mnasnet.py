"""MnasNet: searched on the latency of a phone (Tan et al. 2018, arXiv:1807.11626)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import (
    Classifier,
    SqueezeExcite,
    conv_norm,
    depthwise,
    pointwise,
    relu,
    round_channels,
)

# Not scaled with the width, in the authors' code and in torchvision's.
HEAD = 1280


@dataclass(frozen=True)
class Layout:
    """A searched network: channels of the stem and of the separable block, then the stages.

    A stage is kernel, expansion, gated or not, stride of the first block, output channels, blocks. ``declared`` is how
    many inputs the authors' code says that the separable block has, where it may have a residual.
    """

    stem: int
    first: int
    stages: tuple[tuple[int, int, bool, int, int, int], ...]
    declared: int | None = None


# Figure 7a.
A1 = Layout(
    32,
    16,
    (
        (3, 6, False, 2, 24, 2),
        (5, 3, True, 2, 40, 3),
        (3, 6, False, 2, 80, 4),
        (3, 6, True, 1, 112, 2),
        (5, 6, True, 2, 160, 3),
        (3, 6, False, 1, 320, 1),
    ),
)
# mnasnet_models.py of the authors' code: the search without gates.
B1 = Layout(
    32,
    16,
    (
        (3, 3, False, 2, 24, 3),
        (5, 3, False, 2, 40, 3),
        (5, 6, False, 2, 80, 3),
        (3, 6, False, 1, 96, 2),
        (5, 6, False, 2, 192, 4),
        (3, 6, False, 1, 320, 1),
    ),
)
# mnasnet_models.py of the authors' code: the search for a small network.
SMALL = Layout(
    8,
    8,
    (
        (3, 3, False, 2, 16, 1),
        (3, 6, False, 2, 16, 2),
        (5, 6, True, 2, 32, 4),
        (3, 6, True, 1, 32, 3),
        (5, 6, True, 2, 88, 3),
        (3, 6, False, 1, 144, 1),
    ),
    declared=16,
)


class InvertedResidual(nn.Module):
    """MobileNet V2's block with a kernel of its own and, where gated, squeeze-and-excitation (figure 7b, 7c).

    ``x (c) -> 1x1 (tc) -> kxk depthwise [-> gate] -> 1x1 (c') [+ x]``; the gate hides a quarter of ``c``.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, gated: bool
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            pointwise(inputs, hidden),
            depthwise(hidden, kernel, stride=stride),
            *([SqueezeExcite(hidden, inputs // 4, relu)] if gated else []),
            pointwise(hidden, outputs, activation=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return y + x if self.residual else y


class ResidualSeparable(nn.Sequential):
    """The block after a narrow stem: ``x (c) -> 3x3 depthwise -> 1x1 (c) + x``."""

    def __init__(self, channels: int) -> None:
        super().__init__(depthwise(channels, 3), pointwise(channels, channels, activation=None))

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        y: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
        return y + x


class SpatialMean(nn.Module):
    """Global average pooling as torchvision's MNASNet writes it."""

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W -> N x C``."""
        return x.mean([2, 3])


class MnasNet(Classifier):
    """Stem, a separable block, the layout's stages: ``N x 3 x H x W -> N x num_classes``.

    The block has a residual where its declared inputs round to as many channels as its outputs do.
    """

    def __init__(
        self, layout: Layout, width_mult: float, num_classes: int, dropout: float, pool: nn.Module
    ) -> None:
        super().__init__()
        stem, channels = (round_channels(width * width_mult) for width in (layout.stem, layout.first))
        blocks: list[nn.Module] = [conv_norm(3, stem, 3, stride=2)]
        if layout.declared and round_channels(layout.declared * width_mult) == channels:
            blocks.append(ResidualSeparable(channels))
        else:
            blocks += [depthwise(stem, 3), pointwise(stem, channels, activation=None)]
        for kernel, expansion, gated, first_stride, base, repeats in layout.stages:
            outputs = round_channels(base * width_mult)
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, kernel, stride, expansion, gated))
                channels = outputs
        blocks.append(pointwise(channels, HEAD))
        self.features = nn.Sequential(*blocks)
        self.pool = pool
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(HEAD, num_classes))


def mnasnet_a1(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """MnasNet-A1, searched with squeeze-and-excitation; widths are rounded to multiples of 8."""
    return MnasNet(A1, width_mult, num_classes, dropout, nn.AdaptiveAvgPool2d(1))


def mnasnet_b1(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """MnasNet-B1, searched without squeeze-and-excitation; widths are rounded to multiples of 8."""
    return MnasNet(B1, width_mult, num_classes, dropout, nn.AdaptiveAvgPool2d(1))


def mnasnet_small(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.0) -> nn.Module:
    """MnasNet-small, searched for a quarter of the latency; widths are rounded to multiples of 8."""
    return MnasNet(SMALL, width_mult, num_classes, dropout, nn.AdaptiveAvgPool2d(1))


def mnasnet1_0(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """torchvision's MNASNet (mnasnet0_5 to mnasnet1_3 by width): B1, pooled with a mean."""
    return MnasNet(B1, width_mult, num_classes, dropout, SpatialMean())
