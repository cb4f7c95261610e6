"""Pelee: SSD on PeleeNet with residual prediction blocks and 1x1 heads (Wang et al. 2018, arXiv:1804.06882).

The network ends at the raw outputs of its heads: no default boxes, no box decoding, no non-maximum suppression.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from cnnprof.zoo.networks import layers
from cnnprof.zoo.networks.detection import Maps
from cnnprof.zoo.networks.layers import relu
from cnnprof.zoo.networks.peleenet import PeleeNet
from cnnprof.zoo.networks.ssd import BoxesAndClasses, check_smallest, convolution

EPS = 1e-3  # every batch norm of the authors' code
conv_norm = partial(layers.conv_norm, eps=EPS)
pointwise = partial(layers.pointwise, eps=EPS)

# Channels of the maps behind PeleeNet's: the 1x1 convolution, stride and padding of the 3x3 one to 256 channels.
EXTRAS = ((256, 2, 1), (128, 1, 0), (128, 1, 0))
EXTRA_CHANNELS = 256
MAP_CHANNELS = (512, 704, EXTRA_CHANNELS, EXTRA_CHANNELS, EXTRA_CHANNELS)
PREDICTION = 256
ANCHORS = 6
# The smallest side that leaves 5 x 5 positions to the two unpadded convolutions.
SMALLEST = 257


class PredictionBlock(nn.Module):
    """A residual block before each head (figure 3), ReLU behind the sum.

    ``x -> 1x1 (256) + [1x1 (128) -> 3x3 (128) -> 1x1 (256)]``
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        half = PREDICTION // 2
        self.shortcut = pointwise(inputs, PREDICTION, activation=None)
        self.layers = nn.Sequential(
            pointwise(inputs, half), conv_norm(half, half, 3), pointwise(half, PREDICTION, activation=None)
        )
        self.activation = relu()

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x h x w -> N x 256 x h x w``."""
        shortcut = self.shortcut(x)
        y: Tensor = self.activation(shortcut + self.layers(x))
        return y


class Pelee(nn.Module):
    """Section 3: ``N x 3 x H x W -> N x boxes x 4, N x boxes x num_classes``, before softmax; 5142 boxes at 304.

    Five maps (19, 10, 5, 3 and 1 positions a side at 304), the first with two pairs of heads for two sizes of boxes.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        to_16, to_32 = self._trunk()
        blocks = [to_16, to_32]
        channels = MAP_CHANNELS[1]
        for squeezed, stride, padding in EXTRAS:
            first = convolution(channels, squeezed, 1)
            second = convolution(squeezed, EXTRA_CHANNELS, 3, stride=stride, padding=padding)
            blocks.append(nn.Sequential(*first, *second))
            channels = EXTRA_CHANNELS
        self.blocks = nn.ModuleList(blocks)
        self.predictions = nn.ModuleList(PredictionBlock(channels) for channels in MAP_CHANNELS)
        boxes, classes = (
            [nn.Conv2d(PREDICTION, ANCHORS * columns, 1) for _ in range(len(MAP_CHANNELS) + 1)]
            for columns in (4, num_classes)
        )
        self.heads = BoxesAndClasses(boxes, classes, num_classes)

    @staticmethod
    def _trunk() -> tuple[nn.Sequential, nn.Sequential]:
        """PeleeNet up to the pool before its last stage, and from there; pools round up, as Caffe's do: 19 -> 10."""
        features = [*PeleeNet(1, 0.0).features]
        trunk = nn.Sequential(*features)
        for module in trunk.modules():
            if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
                module.ceil_mode = True
            elif isinstance(module, nn.BatchNorm2d):
                module.eps = EPS
        last_pool = max(index for index, layer in enumerate(features) if isinstance(layer, nn.AvgPool2d))
        return nn.Sequential(*features[:last_pool]), nn.Sequential(*features[last_pool:])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Raw boxes and classes; ValueError where a side is too small for the last convolutions."""
        check_smallest(x, SMALLEST)
        maps: Maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        maps = [block(y) for block, y in zip(self.predictions, maps, strict=True)]
        boxes, classes = self.heads([maps[0], *maps])
        return boxes, classes


def pelee(num_classes: int = 81) -> nn.Module:
    """Pelee; ``num_classes`` with the background: 81 for COCO, 21 for VOC."""
    return Pelee(num_classes)
