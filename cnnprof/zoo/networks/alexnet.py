"""AlexNet on one tower (Krizhevsky 2014, arXiv:1404.5997, after Krizhevsky et al. 2012)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.layers import Classifier, relu


def features() -> nn.Sequential:
    """Five convolutions with biases: ``N x 3 x 224 x 224 -> N x 256 x 6 x 6``."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),
        relu(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(64, 192, 5, padding=2),
        relu(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(192, 384, 3, padding=1),
        relu(),
        nn.Conv2d(384, 256, 3, padding=1),
        relu(),
        nn.Conv2d(256, 256, 3, padding=1),
        relu(),
        nn.MaxPool2d(3, stride=2),
    )


class AlexNet(Classifier):
    """Five convolutions and three linear layers: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.features = features()
        # Nothing to do at 224; other inputs are pooled to the 6x6 that the linear layers expect.
        self.pool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            relu(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            relu(),
            nn.Linear(4096, num_classes),
        )


def alexnet(num_classes: int = 1000, dropout: float = 0.5) -> nn.Module:
    """AlexNet with the filter counts of the 2014 paper, without groups and without response normalisation."""
    return AlexNet(num_classes, dropout)
