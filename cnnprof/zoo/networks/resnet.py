"""ResNet: residual learning (He et al. 2015, arXiv:1512.03385)."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, pointwise, relu

# A block from input channels, stage width and stride; it sets ``outputs``.
Block = Callable[[int, int, int], "Residual"]

# Table 1: width of the 3x3 filters in conv2_x to conv5_x, and blocks in each for a depth.
WIDTHS = (64, 128, 256, 512)
REPEATS_18 = (2, 2, 2, 2)
REPEATS_34 = REPEATS_50 = (3, 4, 6, 3)
REPEATS_152 = (3, 8, 36, 3)


class Residual(nn.Module):
    """``relu(layers(x) + shortcut(x))``, equation 2; the shortcut projects if shapes differ (option B)."""

    def __init__(self, inputs: int, outputs: int, stride: int, layers: nn.Module) -> None:
        super().__init__()
        self.outputs = outputs
        self.layers = layers
        same = stride == 1 and inputs == outputs
        self.shortcut: nn.Module = (
            nn.Identity() if same else conv_norm(inputs, outputs, 1, stride=stride, activation=None)
        )
        self.activation = relu()

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        y += self.shortcut(x)
        out: Tensor = self.activation(y)
        return out


def basic(inputs: int, width: int, stride: int) -> Residual:
    """Two 3x3 convolutions (figure 5, left): ``x -> 3x3/stride (width) -> 3x3 (width) + x``."""
    layers = nn.Sequential(
        conv_norm(inputs, width, 3, stride=stride), conv_norm(width, width, 3, activation=None)
    )
    return Residual(inputs, width, stride, layers)


def bottleneck_layers(
    inputs: int, inner: int, outputs: int, *, stride: int, groups: int = 1, stride_in_1x1: bool = False
) -> nn.Sequential:
    """Narrow, filter, widen (figure 5, right): ``x -> 1x1 (inner) -> 3x3 (inner) -> 1x1 (outputs)``.

    The stride is that of the 3x3 filters, or of the first 1x1 ones with ``stride_in_1x1``.
    """
    first, second = (stride, 1) if stride_in_1x1 else (1, stride)
    return nn.Sequential(
        conv_norm(inputs, inner, 1, stride=first),
        conv_norm(inner, inner, 3, stride=second, groups=groups),
        pointwise(inner, outputs, activation=None),
    )


def stem_pool() -> nn.MaxPool2d:
    """The 3x3/2 max pool of conv2_x, padded."""
    return nn.MaxPool2d(3, stride=2, padding=1)


class ResNet(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(
        self,
        block: Block,
        repeats: tuple[int, ...],
        num_classes: int,
        pool: nn.Module,
        width_mult: float = 1.0,
    ) -> None:
        super().__init__()
        channels = int(64 * width_mult)
        self.stem = nn.Sequential(conv_norm(3, channels, 7, stride=2), pool)
        blocks: list[nn.Module] = []
        for stage, (width, count) in enumerate(zip(WIDTHS, repeats, strict=True)):
            for index in range(count):
                residual = block(channels, int(width * width_mult), 2 if stage > 0 and index == 0 else 1)
                channels = residual.outputs
                blocks.append(residual)
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.pool(self.features(self.stem(x))).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def resnet18(num_classes: int = 1000) -> nn.Module:
    """ResNet with 18 weight layers, of basic blocks."""
    return ResNet(basic, REPEATS_18, num_classes, stem_pool())


def resnet34(num_classes: int = 1000) -> nn.Module:
    """ResNet with 34 weight layers, of basic blocks."""
    return ResNet(basic, REPEATS_34, num_classes, stem_pool())


def bottlenecks(groups: int, width_per_group: int, stride_in_1x1: bool) -> Block:
    """Makes the bottlenecks of a network; its 3x3 filters have ``width_per_group`` channels a group in conv2_x."""

    def bottleneck(inputs: int, width: int, stride: int) -> Residual:
        inner = width * width_per_group // 64 * groups
        layers = bottleneck_layers(
            inputs, inner, 4 * width, stride=stride, groups=groups, stride_in_1x1=stride_in_1x1
        )
        return Residual(inputs, 4 * width, stride, layers)

    return bottleneck


def resnet50(
    num_classes: int = 1000,
    groups: int = 1,
    width_per_group: int = 64,
    stride_in_1x1: bool = False,
    width_mult: float = 1.0,
    depth_mult: float = 1.0,
) -> nn.Module:
    """ResNet with 50 weight layers, of bottlenecks; ``stride_in_1x1`` strides as the paper does.

    The 3x3 filters have ``groups`` groups, of ``width_per_group`` channels in conv2_x, doubled each stage.
    ``width_mult`` widens every layer, ``depth_mult`` repeats the units of each stage: EfficientNet's table 3.
    """
    repeats = tuple(ceil(count * depth_mult) for count in REPEATS_50)
    block = bottlenecks(groups, width_per_group, stride_in_1x1)
    return ResNet(block, repeats, num_classes, stem_pool(), width_mult)


def resnet152(num_classes: int = 1000, stride_in_1x1: bool = False) -> nn.Module:
    """ResNet with 152 weight layers, of bottlenecks; ``stride_in_1x1`` strides as the paper does."""
    return ResNet(bottlenecks(1, 64, stride_in_1x1), REPEATS_152, num_classes, stem_pool())
