"""StarNet: blocks that multiply two branches element by element (Ma et al. 2024, arXiv:2403.19967)."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm

# Width of the first of four stages, which doubles from stage to stage, and the blocks of each: imagenet/starnet.py of
# the authors, as is all that follows.
VARIANTS: dict[str, tuple[int, tuple[int, ...]]] = {
    "s1": (24, (2, 2, 8, 3)),
    "s2": (32, (1, 2, 6, 2)),
    "s3": (32, (2, 2, 8, 4)),
    "s4": (32, (3, 3, 12, 5)),
}
STEM = 32
EXPANSION = 4
KERNEL = 7
# Each convolution has a bias beside that of its batch norm, as in the authors' code.
biased_norm = partial(conv_norm, bias=True)


class StarBlock(nn.Module):
    """The star operation between two depthwise filters, of which the first is normalised.

    ``x (c) -> 7x7 depthwise -> relu6(1x1 (4c)) * 1x1 (4c) -> 1x1 (c) -> 7x7 depthwise + x``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = biased_norm(channels, channels, KERNEL, groups=channels, activation=None)
        self.left = nn.Conv2d(channels, EXPANSION * channels, 1)
        self.right = nn.Conv2d(channels, EXPANSION * channels, 1)
        self.activation = nn.ReLU6()
        self.project = biased_norm(EXPANSION * channels, channels, 1, activation=None)
        self.last = nn.Conv2d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        y: Tensor = self.first(x)
        left, right = self.left(y), self.right(y)
        y = self.last(self.project(self.activation(left) * right))
        return x + y


class StarNet(Classifier):
    """Stem, four stages and a last norm: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, channels: int, repeats: tuple[int, ...], num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [biased_norm(3, STEM, 3, stride=2, activation=nn.ReLU6)]
        inputs = STEM
        for stage, blocks in enumerate(repeats):
            outputs = channels * 2**stage
            layers.append(biased_norm(inputs, outputs, 3, stride=2, activation=None))
            layers += [StarBlock(outputs) for _ in range(blocks)]
            inputs = outputs
        self.features = nn.Sequential(*layers, nn.BatchNorm2d(inputs))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(inputs, num_classes)


def starnet(variant: str = "s1", num_classes: int = 1000) -> nn.Module:
    """StarNet ``variant`` "s1" to "s4". ValueError for any other."""
    if variant not in VARIANTS:
        raise ValueError(f"StarNet has the variants {', '.join(VARIANTS)}, not {variant}")
    return StarNet(*VARIANTS[variant], num_classes)
