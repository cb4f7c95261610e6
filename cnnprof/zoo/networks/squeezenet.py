"""SqueezeNet: fire modules of 1x1 and 3x3 filters (Iandola et al. 2016, arXiv:1602.07360)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import relu

# Filters and kernel of conv1, then each group of fire modules as (squeeze s1x1, expand e1x1 = e3x3);
# a 3x3/2 max pool stands before each group. Version 1.0 is table 1: pools after conv1, fire4 and fire8.
VERSION_1_0 = (
    (96, 7),
    ((16, 64), (16, 64), (32, 128)),
    ((32, 128), (48, 192), (48, 192), (64, 256)),
    ((64, 256),),
)
# Version 1.1 of the authors' repository pools earlier: after conv1, fire3 and fire5.
VERSION_1_1 = (
    (64, 3),
    ((16, 64), (16, 64)),
    ((32, 128), (32, 128)),
    ((48, 192), (48, 192), (64, 256), (64, 256)),
)
VERSIONS = {"1_0": VERSION_1_0, "1_1": VERSION_1_1}
BYPASSES = ("none", "simple", "complex")


class Fire(nn.Module):
    """Squeeze with 1x1 filters, expand with 1x1 and 3x3 ones (figure 1), perhaps with a bypass (figure 2).

    ``x -> 1x1 (squeeze) -> concat(1x1 (expand), 3x3 (expand)) [+ bypass(x)]``; every convolution has a bias.
    """

    def __init__(self, inputs: int, squeeze: int, expand: int, bypass: str) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.Conv2d(inputs, squeeze, 1), relu())
        self.expand1x1 = nn.Sequential(nn.Conv2d(squeeze, expand, 1), relu())
        self.expand3x3 = nn.Sequential(nn.Conv2d(squeeze, expand, 3, padding=1), relu())
        # The simple bypass is the identity, so it exists only where the channels match; the complex one
        # puts a 1x1 convolution where they do not.
        self.bypass: nn.Module | None = None
        if bypass != "none" and inputs == 2 * expand:
            self.bypass = nn.Identity()
        elif bypass == "complex":
            self.bypass = nn.Conv2d(inputs, 2 * expand, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x 2 expand x H x W``."""
        squeezed = self.squeeze(x)
        y = torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], 1)
        return y if self.bypass is None else y + self.bypass(x)


class SqueezeNet(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``, without batch norm and without a linear layer."""

    def __init__(self, version: str, bypass: str, num_classes: int, dropout: float) -> None:
        super().__init__()
        (channels, kernel), *groups = VERSIONS[version]
        layers: list[nn.Module] = [nn.Conv2d(3, channels, kernel, stride=2), relu()]
        for group in groups:
            # Caffe rounds the size of pooled maps up.
            layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            for squeeze, expand in group:
                layers.append(Fire(channels, squeeze, expand, bypass))
                channels = 2 * expand
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Conv2d(channels, num_classes, 1), relu(), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        logits: Tensor = self.classifier(self.features(x))
        return logits.flatten(1)


def squeezenet(
    version: str = "1_0", bypass: str = "none", num_classes: int = 1000, dropout: float = 0.5
) -> nn.Module:
    """SqueezeNet ``version`` "1_0" (table 1) or "1_1" (the authors' repository).

    ``bypass`` is "none", "simple" or "complex" (figure 2). ValueError for any other version or bypass.
    """
    if version not in VERSIONS:
        raise ValueError(f"SqueezeNet has the versions {', '.join(VERSIONS)}, not {version}")
    if bypass not in BYPASSES:
        raise ValueError(f"bypass is one of {', '.join(BYPASSES)}, not {bypass}")
    return SqueezeNet(version, bypass, num_classes, dropout)
