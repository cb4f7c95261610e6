"""Tiny-DSOD: depthwise dense blocks and a light feature pyramid (Li et al. 2018, arXiv:1807.11013).

The network ends at the raw outputs of its heads: no default boxes, no box decoding, no non-maximum suppression.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.detection import Maps
from cnnprof.zoo.networks.layers import conv_norm, pointwise, relu
from cnnprof.zoo.networks.ssd import BoxesAndClasses, rescale

# Table 1: dense blocks of a stage and their growth, channels of the 1x1 transition behind them.
STAGES = ((4, 32, 128), (6, 48, 128), (6, 64, 256), (6, 80, 64))
WIDTH = 128  # of all six maps
ANCHORS = (4, 6, 6, 6, 4, 4)
HEAD_EPS = 1e-3


def pool() -> nn.MaxPool2d:
    """2x2/2; odd sizes round up, as in Caffe: 75 -> 38."""
    return nn.MaxPool2d(2, 2, ceil_mode=True)


def mixed(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """``x -> 1x1 (outputs) -> 3x3/stride depthwise``, norm and ReLU only behind the second."""
    mix = nn.Conv2d(inputs, outputs, 1, bias=False)
    return nn.Sequential(mix, *conv_norm(outputs, outputs, 3, stride=stride, groups=outputs))


class DepthwiseDense(nn.Module):
    """DDB-b (figure 1b): ``x -> concat(x, [1x1 (growth), norm -> 3x3 depthwise, norm, ReLU])``."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            pointwise(inputs, growth, activation=None), conv_norm(growth, growth, 3, groups=growth)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x (inputs + growth) x H x W``."""
        return torch.cat((x, self.layers(x)), 1)


def stage(inputs: int, count: int, growth: int, outputs: int) -> nn.Sequential:
    """Dense blocks and the 1x1 transition to ``outputs`` channels."""
    blocks = [DepthwiseDense(inputs + index * growth, growth) for index in range(count)]
    return nn.Sequential(*blocks, pointwise(inputs + count * growth, outputs))


class Downsample(nn.Module):
    """Half from a pool, half from a strided convolution (figure 2): ``N x 128 x H x W -> N x 128 x H/2 x W/2``."""

    def __init__(self) -> None:
        super().__init__()
        self.pooled = nn.Sequential(pool(), pointwise(WIDTH, WIDTH // 2))
        self.filtered = mixed(WIDTH, WIDTH // 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """``concat([2x2/2 pool -> 1x1 (64)], [1x1 (64) -> 3x3/2 depthwise])``."""
        return torch.cat((self.pooled(x), self.filtered(x)), 1)


class Upsample(nn.Module):
    """A coarser map added to a finer one (D-FPN, figure 2): ``relu(depthwise(upsample(coarse)) + fine)``.

    The finest level has a 1x1 convolution behind the depthwise one. The authors' bilinear layer
    reads half a pixel of the finer map before torch's, at the same cost.
    """

    def __init__(self, finest: bool) -> None:
        super().__init__()
        self.filter = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH))
        if finest:
            self.filter.append(nn.Conv2d(WIDTH, WIDTH, 1, bias=False))
        self.activation = relu()

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """``N x 128 x h x w`` and ``N x 128 x H x W`` to the shape of the latter."""
        coarse = F.interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=False)
        y: Tensor = self.activation(self.filter(coarse) + fine)
        return y


def head(outputs: int) -> nn.Sequential:
    """``x -> 1x1 (outputs) -> 3x3 depthwise, norm``: without biases or activation."""
    return nn.Sequential(
        nn.Conv2d(WIDTH, outputs, 1, bias=False),
        *conv_norm(outputs, outputs, 3, groups=outputs, activation=None, eps=HEAD_EPS),
    )


class TinyDSOD(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x boxes x 4, N x boxes x num_classes``, before softmax; 8744 boxes at 300.

    Six maps of 128 channels, 38, 19, 10, 5, 3 and 2 positions a side at 300. Heads of the three finest see the
    pyramid's sums, the others the maps themselves, as in the authors' code.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, 64, 3, stride=2), mixed(64, 64), mixed(64, 128), pool())
        first, second, third, fourth = STAGES
        self.to_8 = nn.Sequential(stage(128, *first), pool(), stage(first[-1], *second))
        self.beside = nn.Sequential(pool(), pointwise(WIDTH, WIDTH // 2))
        self.to_16 = nn.Sequential(pool(), stage(WIDTH, *third), stage(third[-1], *fourth))
        self.downsamples = nn.ModuleList(Downsample() for _ in range(4))
        self.upsamples = nn.ModuleList(Upsample(finest=level == 0) for level in range(5))
        self.scales = nn.ParameterList(torch.full((WIDTH,), 20.0) for _ in ANCHORS)
        boxes, classes = ([head(a * columns) for a in ANCHORS] for columns in (4, num_classes))
        self.heads = BoxesAndClasses(boxes, classes, num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Raw boxes and classes of any H and W: all halvings round up."""
        maps = self._maps(x)
        coarse = maps[-1]
        pyramid: Maps = []
        for level in (4, 3, 2, 1, 0):
            coarse = self.upsamples[level](coarse, maps[level])
            pyramid.insert(0, coarse)
        used = [*pyramid[:3], *maps[3:]]
        boxes, classes = self.heads([rescale(y, scale) for y, scale in zip(used, self.scales, strict=True)])
        return boxes, classes

    def _maps(self, x: Tensor) -> Maps:
        """The six maps before the pyramid, the finest first."""
        x = self.to_8(self.stem(x))
        maps = [x, torch.cat((self.beside(x), self.to_16(x)), 1)]
        for downsample in self.downsamples:
            maps.append(downsample(maps[-1]))
        return maps


def tiny_dsod(num_classes: int = 21) -> nn.Module:
    """Tiny-DSOD; ``num_classes`` with the background: 21 for VOC, 81 for COCO."""
    return TinyDSOD(num_classes)
