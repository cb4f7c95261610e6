"""Layers of the darknet framework that the networks of YOLO 1 to 4 share (pjreddie/darknet, AlexeyAB/darknet)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.darknet import leaky
from cnnprof.zoo.networks.layers import conv_norm


def conv_leaky(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, leaky ReLU: ``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
    return conv_norm(inputs, outputs, kernel, stride=stride, activation=leaky)


def alternating(inputs: int, width: int, layers: int) -> nn.Sequential:
    """``layers`` convolutions, 1x1 to ``width`` and 3x3 to twice ``width`` in turn, the first one 1x1."""
    convs: list[nn.Module] = []
    for index in range(layers):
        outputs, kernel = (width, 1) if index % 2 == 0 else (2 * width, 3)
        convs.append(conv_leaky(inputs, outputs, kernel))
        inputs = outputs
    return nn.Sequential(*convs)


def prediction(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """``N x inputs x h x w -> 3x3 (width) -> 1x1 (outputs)``; the last convolution has a bias, no activation."""
    return nn.Sequential(conv_leaky(inputs, width, 3), nn.Conv2d(width, outputs, 1))


def halving_pool() -> nn.Module:
    """A 2x2/2 max pool that keeps an odd last row and column, as darknet's: ``H x W -> ceil(H/2) x ceil(W/2)``."""
    return nn.MaxPool2d(2, stride=2, ceil_mode=True)


def still_pool() -> nn.Module:
    """A 2x2/1 max pool that keeps H and W: darknet's windows reach over the right and lower edge."""
    return nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(2, stride=1))


def tiny_layers() -> list[nn.Module]:
    """The first layers of tiny YOLO 2 and 3: 3x3 convolutions of 16 to 512 channels, each with a pool.

    Five pools halve (``cfg/yolov2-tiny.cfg``, ``cfg/yolov3-tiny.cfg``); the convolution of 256 has stride 16.
    """
    layers: list[nn.Module] = []
    inputs = 3
    for outputs in (16, 32, 64, 128, 256, 512):
        layers += [conv_leaky(inputs, outputs, 3), still_pool() if outputs == 512 else halving_pool()]
        inputs = outputs
    return layers
