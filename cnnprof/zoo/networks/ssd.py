"""SSD: boxes and classes from maps of falling size (Liu et al. 2015, arXiv:1512.02325).

Networks end at the raw outputs of their heads: no default boxes, no box decoding, no non-maximum suppression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.detection import Maps, shown
from cnnprof.zoo.networks.layers import relu
from cnnprof.zoo.networks.vgg import CONFIGURATION_D

# Figure 2: channels of the 1x1 convolution of a block, then channels, kernel, stride and padding of the next.
EXTRAS_300 = ((256, 512, 3, 2, 1), (128, 256, 3, 2, 1), (128, 256, 3, 1, 0), (128, 256, 3, 1, 0))
# SSD512 halves twice more and ends with a 4x4 convolution (section 3.1, and the authors' network file).
EXTRAS_512 = (*EXTRAS_300[:2], (128, 256, 3, 2, 1), (128, 256, 3, 2, 1), (128, 256, 4, 1, 1))
# Default boxes at each position of the maps (section 3.1).
ANCHORS_300 = (4, 6, 6, 6, 4, 4)
ANCHORS_512 = (4, 6, 6, 6, 6, 4, 4)
# The smallest side at which no kernel of the last blocks is wider than its map, in both networks.
SMALLEST = 268


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[nn.Module]:
    """A convolution with bias, and ReLU: no batch norm in the VGG networks."""
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation), relu()]


def rescale(x: Tensor, scale: Tensor) -> Tensor:
    """L2 norm over the channels, times a learned scale a channel (ParseNet; section 3.1)."""
    return scale.view(1, -1, 1, 1) * F.normalize(x)


def rows(maps: Iterable[Tensor], heads: Iterable[nn.Module], columns: int) -> Tensor:
    """``N x (A columns) x h x w`` of each head as rows, all heads in one: ``N x sum(h w A) x columns``."""
    outputs = [head(x).permute(0, 2, 3, 1) for x, head in zip(maps, heads, strict=True)]
    return torch.cat([y.reshape(y.shape[0], -1, columns) for y in outputs], 1)


def check_smallest(x: Tensor, smallest: int) -> None:
    """ValueError for an input ``N x C x H x W`` whose last maps would vanish."""
    if min(x.shape[2:]) < smallest:
        raise ValueError(f"input {shown(x)}: sides must be at least {smallest}")


class BoxesAndClasses(nn.Module):
    """Two heads on each map: 4 numbers and ``num_classes`` scores for each of its default boxes."""

    def __init__(self, boxes: Sequence[nn.Module], classes: Sequence[nn.Module], num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.boxes = nn.ModuleList(boxes)
        self.classes = nn.ModuleList(classes)

    def forward(self, maps: Maps) -> tuple[Tensor, Tensor]:
        """Maps ``N x C x h x w`` to ``N x sum(h w A) x 4`` and ``N x sum(h w A) x num_classes``."""
        return rows(maps, self.boxes, 4), rows(maps, self.classes, self.num_classes)


class SSD(nn.Module):
    """Figure 2, on VGG16 with its last layers as atrous convolutions.

    ``N x 3 x H x W -> N x boxes x 4, N x boxes x num_classes``, before softmax; 8732 boxes at 300, 24564 at 512.
    """

    def __init__(self, extras: Sequence[tuple[int, ...]], anchors: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((512,), 20.0))
        self.to_conv4_3 = nn.Sequential(*self._base(CONFIGURATION_D[:4], 3))
        blocks = [nn.Sequential(*self._conv5_to_fc7())]
        channels = [512, 1024]
        for squeezed, outputs, kernel, stride, padding in extras:
            first = convolution(channels[-1], squeezed, 1)
            second = convolution(squeezed, outputs, kernel, stride, padding)
            blocks.append(nn.Sequential(*first, *second))
            channels.append(outputs)
        self.blocks = nn.ModuleList(blocks)
        boxes, classes = (
            [nn.Conv2d(c, a * columns, 3, padding=1) for c, a in zip(channels, anchors, strict=True)]
            for columns in (4, num_classes)
        )
        self.heads = BoxesAndClasses(boxes, classes, num_classes)

    @staticmethod
    def _base(stages: Sequence[tuple[int, int]], inputs: int) -> list[nn.Module]:
        """Stages of VGG with a pool between them; that before conv4 rounds up, 75 -> 38, as Caffe's pools do."""
        layers: list[nn.Module] = []
        for index, (channels, repeats) in enumerate(stages):
            layers += [nn.MaxPool2d(2, 2, ceil_mode=index == 3)] if index > 0 else []
            for _ in range(repeats):
                layers += convolution(inputs, channels, 3, padding=1)
                inputs = channels
        return layers

    @classmethod
    def _conv5_to_fc7(cls) -> list[nn.Module]:
        """The fifth stage, a pool that no longer strides, and the linear layers sampled to 1024 channels."""
        return [
            nn.MaxPool2d(2, 2),
            *cls._base(CONFIGURATION_D[4:], 512),
            nn.MaxPool2d(3, 1, padding=1),
            *convolution(512, 1024, 3, padding=6, dilation=6),
            *convolution(1024, 1024, 1),
        ]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Raw boxes and classes; ValueError where a side is too small for the last convolutions."""
        check_smallest(x, SMALLEST)
        x = self.to_conv4_3(x)
        maps = [rescale(x, self.scale)]
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        boxes, classes = self.heads(maps)
        return boxes, classes


def ssd300_vgg16(num_classes: int = 91) -> nn.Module:
    """SSD300; ``num_classes`` with the background: 91 in torchvision, 81 in the authors' COCO network, 21 for VOC."""
    return SSD(EXTRAS_300, ANCHORS_300, num_classes)


def ssd512_vgg16(num_classes: int = 81) -> nn.Module:
    """SSD512; ``num_classes`` with the background: 81 for COCO, 21 for VOC."""
    return SSD(EXTRAS_512, ANCHORS_512, num_classes)
