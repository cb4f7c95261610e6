"""VGG: stacks of 3x3 convolutions (Simonyan and Zisserman 2014, arXiv:1409.1556)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.layers import Classifier, relu

# Table 1, configuration D: channels, convolutions before each 2x2/2 max pool.
CONFIGURATION_D = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class VGG(Classifier):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; every layer has a bias and none a batch norm."""

    def __init__(self, stages: tuple[tuple[int, int], ...], num_classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for channels, repeats in stages:
            for _ in range(repeats):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1), relu()]
                inputs = channels
            layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers)
        # Nothing to do at 224; other inputs are pooled to the 7x7 that the linear layers expect.
        self.pool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(inputs * 7 * 7, 4096),
            relu(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            relu(),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )


def vgg16(num_classes: int = 1000, dropout: float = 0.5) -> nn.Module:
    """VGG with 16 weight layers, configuration D."""
    return VGG(CONFIGURATION_D, num_classes, dropout)
