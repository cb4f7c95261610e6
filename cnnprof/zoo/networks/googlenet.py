"""GoogLeNet: inception modules (Szegedy et al. 2014, arXiv:1409.4842), with batch norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, relu

EPS = 1e-3  # of batch norm, as in the TensorFlow code

# Table 1, columns #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj; None is the max pool between stages.
MODULES = (
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    None,
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    None,
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)
POOLS = (3, 2)  # windows of the two None: the second is 2x2 in the reference, 3x3 in the paper
HEADS_AFTER = (3, 6)  # positions of 4a and 4d, which feed the auxiliary heads


class Branches(nn.Module):
    """Modules side by side on one input, joined along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W -> N x sum of the branches' channels x H' x W'``."""
        return torch.cat([branch(x) for branch in self.branches], 1)


def inception(inputs: int, widths: tuple[int, ...], large_kernel: int) -> Branches:
    """Figure 2b: ``concat(1x1, [1x1 -> 3x3], [1x1 -> large], [3x3 max pool -> 1x1])``."""
    one, reduce_three, three, reduce_large, large, projected = widths
    return Branches(
        conv_norm(inputs, one, 1, eps=EPS),
        nn.Sequential(
            conv_norm(inputs, reduce_three, 1, eps=EPS), conv_norm(reduce_three, three, 3, eps=EPS)
        ),
        nn.Sequential(
            conv_norm(inputs, reduce_large, 1, eps=EPS),
            conv_norm(reduce_large, large, large_kernel, eps=EPS),
        ),
        nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), conv_norm(inputs, projected, 1, eps=EPS)
        ),
    )


def head(inputs: int, num_classes: int, dropout: float) -> nn.Sequential:
    """An auxiliary classifier (section 5): ``N x inputs x H x W -> N x num_classes``."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4),
        conv_norm(inputs, 128, 1, eps=EPS),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 1024),
        relu(),
        nn.Dropout(dropout),
        nn.Linear(1024, num_classes),
    )


class GoogLeNet(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; in training also the outputs of the auxiliary heads."""

    def __init__(self, num_classes: int, aux_logits: bool, dropout: float, large_kernel: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv_norm(3, 64, 7, stride=2, eps=EPS),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            conv_norm(64, 64, 1, eps=EPS),
            conv_norm(64, 192, 3, eps=EPS),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        channels, pools = 192, iter(POOLS)
        self.features = nn.ModuleList()
        self.heads = nn.ModuleDict()
        for index, widths in enumerate(MODULES):
            if widths is None:
                self.features.append(nn.MaxPool2d(next(pools), stride=2, ceil_mode=True))
                continue
            self.features.append(inception(channels, widths, large_kernel))
            channels = widths[0] + widths[2] + widths[4] + widths[5]
            if aux_logits and index in HEADS_AFTER:
                self.heads[str(index)] = head(channels, num_classes, 0.7)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """``N x 3 x H x W -> N x num_classes``; with heads in training a tuple, the last head second."""
        x = self.stem(x)
        auxiliary: list[Tensor] = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if self.training and str(index) in self.heads:
                auxiliary.insert(0, self.heads[str(index)](x))
        logits: Tensor = self.classifier(self.pool(x).flatten(1))
        return (logits, *auxiliary) if auxiliary else logits


def googlenet(
    num_classes: int = 1000, aux_logits: bool = False, dropout: float = 0.2, large_kernel: int = 3
) -> nn.Module:
    """GoogLeNet with batch norm; ``large_kernel=5`` builds the 5x5 filters of the paper in place of 3x3 ones.

    ``aux_logits`` adds the two auxiliary heads, which run in training only.
    """
    return GoogLeNet(num_classes, aux_logits, dropout, large_kernel)
