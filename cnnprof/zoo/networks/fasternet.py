"""FasterNet: partial convolutions, of a quarter of the channels (Chen et al. 2023, arXiv:2303.03667)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Activation, conv_norm, pointwise, relu

# Blocks of each stage; the width doubles from stage to stage. Width of the first and activation of a variant.
# cfg/fasternet_t0.yaml to fasternet_t2.yaml of the authors.
REPEATS = (1, 2, 8, 2)
VARIANTS: dict[str, tuple[int, Activation]] = {"t0": (40, nn.GELU), "t1": (64, nn.GELU), "t2": (96, relu)}
EXPANSION = 2
HEAD = 1280


class PartialConv(nn.Module):
    """3x3 convolution of the first quarter of the channels; the others pass (figure 1).

    ``x (c) -> split (c/4, 3c/4) -> concat(3x3 of the first, the second)``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.sizes = [channels // 4, channels - channels // 4]
        self.conv = nn.Conv2d(self.sizes[0], self.sizes[0], 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        filtered, untouched = torch.split(x, self.sizes, dim=1)
        return torch.cat([self.conv(filtered), untouched], 1)


class FasterNetBlock(nn.Module):
    """Partial convolution, then an inverted residual of two 1x1 convolutions, one normalised (figure 4).

    ``x (c) -> partial 3x3 (c) -> 1x1 (2c) -> 1x1 (c) + x``
    """

    def __init__(self, channels: int, activation: Activation) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            PartialConv(channels),
            pointwise(channels, EXPANSION * channels, activation=activation),
            nn.Conv2d(EXPANSION * channels, channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        y: Tensor = self.layers(x)
        return x + y


class FasterNet(nn.Module):
    """Figure 4: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, channels: int, activation: Activation, num_classes: int) -> None:
        super().__init__()
        # Embedding (4x4/4) stands before the first stage, merging (2x2/2) before the others.
        layers: list[nn.Module] = [conv_norm(3, channels, 4, stride=4, padding=0, activation=None)]
        for stage, repeats in enumerate(REPEATS):
            if stage > 0:
                layers.append(conv_norm(channels, 2 * channels, 2, stride=2, padding=0, activation=None))
                channels *= 2
            layers += [FasterNetBlock(channels, activation) for _ in range(repeats)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, HEAD, 1, bias=False), activation()
        )
        self.classifier = nn.Linear(HEAD, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.head(self.features(x)).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def fasternet(variant: str = "t0", num_classes: int = 1000) -> nn.Module:
    """FasterNet ``variant`` "t0", "t1" or "t2". ValueError for any other."""
    if variant not in VARIANTS:
        raise ValueError(f"FasterNet has the variants {', '.join(VARIANTS)}, not {variant}")
    return FasterNet(*VARIANTS[variant], num_classes)
