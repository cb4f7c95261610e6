"""Darknet-19 (Redmon and Farhadi 2016, arXiv:1612.08242) and Darknet-53 (2018, arXiv:1804.02767)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm, pointwise

# Table 6 of arXiv:1612.08242: widths of a stage, 3x3 and 1x1 in turn; a 2x2/2 max pool stands between stages.
STAGES_19 = (
    (32,),
    (64,),
    (128, 64, 128),
    (256, 128, 256),
    (512, 256, 512, 256, 512),
    (1024, 512, 1024, 512, 1024),
)
# Table 1 of arXiv:1804.02767: width of a stage, residual blocks after its 3x3/2 convolution.
STAGES_53 = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))


def leaky() -> nn.Module:
    """x where positive, else x / 10, in place."""
    return nn.LeakyReLU(0.1, inplace=True)


class Darknet19(nn.Module):
    """Table 6: ``N x 3 x H x W -> N x num_classes``; the last 1x1 convolution has a bias, no activation."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for stage, widths in enumerate(STAGES_19):
            if stage > 0:
                layers.append(nn.MaxPool2d(2, stride=2))
            for index, width in enumerate(widths):
                kernel = 3 if index % 2 == 0 else 1
                layers.append(conv_norm(channels, width, kernel, activation=leaky))
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Conv2d(channels, num_classes, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        logits: Tensor = self.pool(self.classifier(self.features(x)))
        return logits.flatten(1)


class Residual(nn.Module):
    """``x -> 1x1 (channels / 2) -> 3x3 (channels) + x``, without activation after the addition (table 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            pointwise(channels, channels // 2, activation=leaky),
            conv_norm(channels // 2, channels, 3, activation=leaky),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        y: Tensor = self.layers(x)
        return y + x


class Darknet53(Classifier):
    """Table 1: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        channels = 32
        layers: list[nn.Module] = [conv_norm(3, channels, 3, activation=leaky)]
        for width, repeats in STAGES_53:
            layers.append(conv_norm(channels, width, 3, stride=2, activation=leaky))
            layers += [Residual(width) for _ in range(repeats)]
            channels = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)


def darknet19(num_classes: int = 1000) -> nn.Module:
    """Darknet-19, the classifier under YOLOv2: 19 convolutions, 5 max pools."""
    return Darknet19(num_classes)


def darknet53(num_classes: int = 1000) -> nn.Module:
    """Darknet-53, the classifier under YOLOv3: 52 convolutions and a linear layer."""
    return Darknet53(num_classes)
