"""BiSeNet V2: a wide detail branch guided by a narrow semantic one (Yu et al. 2020, arXiv:2004.02147)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.detection import check_sides
from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, relu

# Table 1, detail branch: output channels and 3x3 convolutions of a stage, the first of which strides.
DETAIL = ((64, 2), (64, 3), (128, 3))
# Table 1, semantic branch: output channels and gather-and-expansion layers of stages 3 to 5.
STEM = 16
SEMANTIC = ((32, 2), (64, 2), (128, 4))
EXPANSION = 6
WIDTH = 128  # of both branches at their ends
HEAD = 1024
AUXILIARY = 128
AUXILIARY_INPUTS = (STEM, 32, 64, 128)  # the stem and stages 3 to 5, at 1/4 to 1/32


def detail_branch() -> nn.Sequential:
    """``N x 3 x H x W -> N x 128 x H/8 x W/8``."""
    layers: list[nn.Module] = []
    channels = 3
    for outputs, repeats in DETAIL:
        for index in range(repeats):
            layers.append(conv_norm(channels, outputs, 3, stride=2 if index == 0 else 1))
            channels = outputs
    return nn.Sequential(*layers)


class Stem(nn.Module):
    """Figure 4a: ``x -> 3x3/2; [1x1 -> 3x3/2, max pool/2] -> 3x3``."""

    def __init__(self) -> None:
        super().__init__()
        self.first = conv_norm(3, STEM, 3, stride=2)
        self.branch = nn.Sequential(pointwise(STEM, STEM // 2), conv_norm(STEM // 2, STEM, 3, stride=2))
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.fuse = conv_norm(2 * STEM, STEM, 3)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x 16 x H/4 x W/4``."""
        x = self.first(x)
        y: Tensor = self.fuse(torch.cat((self.branch(x), self.pool(x)), dim=1))
        return y


class GatherExpansion(nn.Module):
    """Figure 5b and c: gather by a 3x3 convolution, expand depthwise to six times the channels, project.

    ``x -> 3x3 (c) -> 3x3/stride depthwise (6c) [-> 3x3 depthwise (6c)] -> 1x1 (c') + shortcut(x) -> relu``;
    the part in brackets, and a depthwise and 1x1 shortcut, where it strides.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        hidden = EXPANSION * inputs
        expand = (
            [conv_norm(inputs, hidden, 3, groups=inputs)]
            if stride == 1
            else [
                conv_norm(inputs, hidden, 3, stride=stride, groups=inputs, activation=None),
                depthwise(hidden, 3),
            ]
        )
        self.layers = nn.Sequential(
            conv_norm(inputs, inputs, 3), *expand, pointwise(hidden, outputs, activation=None)
        )
        self.shortcut: nn.Module = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(
                depthwise(inputs, 3, stride=stride, activation=None),
                pointwise(inputs, outputs, activation=None),
            )
        )
        self.activation = relu()

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        out: Tensor = self.activation(y + self.shortcut(x))
        return out


class ContextEmbedding(nn.Module):
    """Figure 4b: ``3x3(x + 1x1(norm(mean(x))))``; with norm and ReLU after the 3x3, as in CoinCheung's code."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(WIDTH)
        self.embed = pointwise(WIDTH, WIDTH)
        self.last = conv_norm(WIDTH, WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 128 x H x W`` to the same shape."""
        context: Tensor = self.embed(self.norm(x.mean((2, 3), keepdim=True)))
        y: Tensor = self.last(context + x)
        return y


def semantic_stages() -> list[nn.Module]:
    """The stem, stages 3 to 5 and the context embedding: ``N x 3 x H x W -> N x 128 x H/32 x W/32``."""
    stages: list[nn.Module] = [Stem()]
    channels = STEM
    for outputs, repeats in SEMANTIC:
        rest = (GatherExpansion(outputs, outputs, 1) for _ in range(repeats - 1))
        stages.append(nn.Sequential(GatherExpansion(channels, outputs, 2), *rest))
        channels = outputs
    return [*stages, ContextEmbedding()]


def plain_separable() -> nn.Sequential:
    """3x3 depthwise with norm, 1x1 without: ``N x 128 x H x W`` to the same shape."""
    return nn.Sequential(depthwise(WIDTH, 3, activation=None), nn.Conv2d(WIDTH, WIDTH, 1, bias=False))


class GuidedAggregation(nn.Module):
    """Figure 6: each branch gates the other at its own size, then both are added at the larger.

    ``3x3(detail' * sigmoid(up(semantic')) + up(down(detail) * sigmoid(semantic'')))``
    """

    def __init__(self) -> None:
        super().__init__()
        self.detail_keep = plain_separable()
        self.detail_down = nn.Sequential(
            conv_norm(WIDTH, WIDTH, 3, stride=2, activation=None), nn.AvgPool2d(3, 2, padding=1)
        )
        self.semantic_up = conv_norm(WIDTH, WIDTH, 3, activation=None)
        self.semantic_keep = plain_separable()
        self.up = nn.Upsample(scale_factor=4)
        self.fuse = conv_norm(WIDTH, WIDTH, 3)

    def forward(self, detail: Tensor, semantic: Tensor) -> Tensor:
        """``N x 128 x H/8 x W/8`` and ``N x 128 x H/32 x W/32 -> N x 128 x H/8 x W/8``."""
        wide, narrow = self.detail_keep(detail), self.detail_down(detail)
        enlarge, keep = self.semantic_up(semantic), self.semantic_keep(semantic)
        wide = wide * torch.sigmoid(self.up(enlarge))
        narrow = narrow * torch.sigmoid(keep)
        y: Tensor = self.fuse(wide + self.up(narrow))
        return y


def upsampling(factor: int) -> nn.Upsample:
    """Bilinear: ``N x C x H x W -> N x C x H*factor x W*factor``."""
    return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)


def auxiliary_head(inputs: int, num_classes: int, dropout: float, factor: int) -> nn.Sequential:
    """``N x inputs x H x W -> 3x3 (128) -> up 2 -> 3x3 (factor^2) -> 1x1 -> N x classes x H*factor x W*factor``."""
    return nn.Sequential(
        conv_norm(inputs, AUXILIARY, 3),
        nn.Dropout(dropout),
        nn.Upsample(scale_factor=2),
        conv_norm(AUXILIARY, factor * factor, 3),
        nn.Conv2d(factor * factor, num_classes, 1),
        upsampling(factor // 2),
    )


class BiSeNetV2(nn.Module):
    """Figure 3: both branches, their aggregation and the head; with ``aux`` a head on each semantic stage."""

    def __init__(self, num_classes: int, aux: bool, dropout: float) -> None:
        super().__init__()
        self.detail = detail_branch()
        self.semantic = nn.ModuleList(semantic_stages())
        self.aggregate = GuidedAggregation()
        self.head = nn.Sequential(
            conv_norm(WIDTH, HEAD, 3), nn.Dropout(dropout), nn.Conv2d(HEAD, num_classes, 1), upsampling(8)
        )
        self.auxiliary = nn.ModuleList(
            auxiliary_head(inputs, num_classes, dropout, 4 << index)
            for index, inputs in enumerate(AUXILIARY_INPUTS if aux else ())
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """``N x 3 x H x W -> N x num_classes x H x W``, with auxiliary heads five times that.

        Raises ValueError unless H and W are multiples of 32.
        """
        check_sides(x)
        detail = self.detail(x)
        maps: list[Tensor] = []
        for stage in self.semantic:
            x = stage(x)
            maps.append(x)
        scores: Tensor = self.head(self.aggregate(detail, x))
        others = [head(y) for head, y in zip(self.auxiliary, maps, strict=False)]
        return (scores, *others) if others else scores


def bisenet_v2(num_classes: int = 19, aux: bool = False, dropout: float = 0.1) -> nn.Module:
    """BiSeNet V2 (not V2-Large); ``aux`` adds the four heads that only training uses (the booster strategy)."""
    return BiSeNetV2(num_classes, aux, dropout)
