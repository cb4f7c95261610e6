"""Inception V3: factorised convolutions (Szegedy et al. 2015, arXiv:1512.00567)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.googlenet import Branches
from cnnprof.zoo.networks.layers import relu

# Table 1 gives modules and sizes; widths are those of the TensorFlow code and of torchvision.
POOLED_35 = (32, 64, 64)  # pool projections of the three 35x35 modules
INNER_17 = (128, 160, 160, 192)  # width of the factorised 7x7 filters in the four 17x17 modules


def conv(
    inputs: int, outputs: int, height: int, width: int = 0, *, stride: int = 1, same: bool = True
) -> nn.Sequential:
    """Convolution of ``height x width`` (square if 0) without bias, batch norm with eps 0.001, ReLU.

    ``N x inputs x H x W -> N x outputs x H/stride x W/stride``, unpadded if not ``same``.
    """
    kernel = (height, width or height)
    padding = (kernel[0] // 2, kernel[1] // 2) if same else (0, 0)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
        relu(),
    )


def pooled(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 average pool, then 1x1; the border's padding counts in the average."""
    return nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), conv(inputs, outputs, 1))


def stem() -> nn.Sequential:
    """``N x 3 x 299 x 299 -> N x 192 x 35 x 35``."""
    return nn.Sequential(
        conv(3, 32, 3, stride=2, same=False),
        conv(32, 32, 3, same=False),
        conv(32, 64, 3),
        nn.MaxPool2d(3, stride=2),
        conv(64, 80, 1),
        conv(80, 192, 3, same=False),
        nn.MaxPool2d(3, stride=2),
    )


def module_35(inputs: int, projected: int) -> Branches:
    """Figure 5, a 5x5 branch kept: ``N x inputs x 35 x 35 -> N x (224 + projected) x 35 x 35``."""
    return Branches(
        conv(inputs, 64, 1),
        nn.Sequential(conv(inputs, 48, 1), conv(48, 64, 5)),
        nn.Sequential(conv(inputs, 64, 1), conv(64, 96, 3), conv(96, 96, 3)),
        pooled(inputs, projected),
    )


def reduction_35(inputs: int) -> Branches:
    """Figure 10: ``N x inputs x 35 x 35 -> N x (480 + inputs) x 17 x 17``."""
    return Branches(
        conv(inputs, 384, 3, stride=2, same=False),
        nn.Sequential(conv(inputs, 64, 1), conv(64, 96, 3), conv(96, 96, 3, stride=2, same=False)),
        nn.MaxPool2d(3, stride=2),
    )


def module_17(inputs: int, inner: int) -> Branches:
    """Figure 6, with n = 7: ``N x inputs x 17 x 17 -> N x 768 x 17 x 17``."""
    return Branches(
        conv(inputs, 192, 1),
        nn.Sequential(conv(inputs, inner, 1), conv(inner, inner, 1, 7), conv(inner, 192, 7, 1)),
        nn.Sequential(
            conv(inputs, inner, 1),
            conv(inner, inner, 7, 1),
            conv(inner, inner, 1, 7),
            conv(inner, inner, 7, 1),
            conv(inner, 192, 1, 7),
        ),
        pooled(inputs, 192),
    )


def reduction_17(inputs: int) -> Branches:
    """``N x inputs x 17 x 17 -> N x (512 + inputs) x 8 x 8``."""
    return Branches(
        nn.Sequential(conv(inputs, 192, 1), conv(192, 320, 3, stride=2, same=False)),
        nn.Sequential(
            conv(inputs, 192, 1),
            conv(192, 192, 1, 7),
            conv(192, 192, 7, 1),
            conv(192, 192, 3, stride=2, same=False),
        ),
        nn.MaxPool2d(3, stride=2),
    )


def module_8(inputs: int) -> Branches:
    """Figure 7: ``N x inputs x 8 x 8 -> N x 2048 x 8 x 8``."""
    return Branches(
        conv(inputs, 320, 1),
        nn.Sequential(conv(inputs, 384, 1), Branches(conv(384, 384, 1, 3), conv(384, 384, 3, 1))),
        nn.Sequential(
            conv(inputs, 448, 1),
            conv(448, 384, 3),
            Branches(conv(384, 384, 1, 3), conv(384, 384, 3, 1)),
        ),
        pooled(inputs, 192),
    )


def head(num_classes: int) -> nn.Sequential:
    """The auxiliary classifier (figure 8): ``N x 768 x 17 x 17 -> N x num_classes``."""
    return nn.Sequential(
        nn.AvgPool2d(5, stride=3),
        conv(768, 128, 1),
        conv(128, 768, 5, same=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(768, num_classes),
    )


class InceptionV3(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; in training also the output of the auxiliary head."""

    def __init__(self, num_classes: int, aux_logits: bool, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [stem()]
        channels = 192
        for projected in POOLED_35:
            layers.append(module_35(channels, projected))
            channels = 224 + projected
        layers.append(reduction_35(channels))
        channels += 480
        layers += [module_17(channels, inner) for inner in INNER_17]
        self.features = nn.Sequential(*layers)
        self.head = head(num_classes) if aux_logits else None
        self.last = nn.Sequential(reduction_17(channels), module_8(512 + channels), module_8(2048))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(2048, num_classes))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """``N x 3 x H x W -> N x num_classes``; with the head in training a tuple, the head second."""
        x = self.features(x)
        auxiliary = self.head(x) if self.head is not None and self.training else None
        logits: Tensor = self.classifier(self.pool(self.last(x)).flatten(1))
        return logits if auxiliary is None else (logits, auxiliary)


def inception_v3(num_classes: int = 1000, aux_logits: bool = False, dropout: float = 0.5) -> nn.Module:
    """Inception V3; ``aux_logits`` adds the auxiliary head, which runs in training only."""
    return InceptionV3(num_classes, aux_logits, dropout)
