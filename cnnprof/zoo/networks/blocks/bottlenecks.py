"""Residual blocks: narrow in the middle, wide in the middle, and the sandglass."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.blocks.channels import check_groups, outputs_of
from cnnprof.zoo.networks.efficientnet import MBConv
from cnnprof.zoo.networks.mobilenet_v2 import InvertedResidual
from cnnprof.zoo.networks.mobilenext import Sandglass
from cnnprof.zoo.networks.resnet import Residual, bottleneck_layers


def resnet_bottleneck(
    in_channels: int = 64,
    out_channels: int | None = None,
    stride: int = 1,
    expansion: int = 4,
    groups: int = 1,
) -> nn.Module:
    """ResNet's bottleneck (figure 5, right); the middle has 1/``expansion`` of the output channels.

    ::

        x --+-- 1x1, norm, relu --- 3x3/s, norm, relu --- 1x1, norm --+-- + --- relu
            |        c'/4                 c'/4               c'       |
            +------------------ [1x1/s, norm where shapes differ] ----+
    """
    outputs = outputs_of(in_channels, out_channels)
    inner = outputs // expansion
    if not inner:
        raise ValueError(f"{outputs} out_channels leave none in the middle at expansion {expansion}")
    check_groups(groups, inner)
    layers = bottleneck_layers(in_channels, inner, outputs, stride=stride, groups=groups)
    return Residual(in_channels, outputs, stride, layers)


def resnext_bottleneck(
    in_channels: int = 64,
    out_channels: int | None = None,
    stride: int = 1,
    expansion: int = 2,
    groups: int = 32,
) -> nn.Module:
    """ResNeXt's bottleneck (figure 3c): half of the output channels in the middle, 32 groups.

    ::

        x --+-- 1x1, norm, relu --- 3x3/s in 32 groups, norm, relu --- 1x1, norm --+-- + --- relu
            |        c'/2                       c'/2                      c'       |
            +------------------- [1x1/s, norm where shapes differ] ----------------+
    """
    return resnet_bottleneck(in_channels, out_channels, stride, expansion, groups)


def inverted_residual(
    in_channels: int = 64, out_channels: int | None = None, stride: int = 1, expansion: int = 6
) -> nn.Module:
    """MobileNet V2's inverted residual with a linear bottleneck (figure 4d).

    ::

        x --+-- 1x1, norm, relu6 --- 3x3/s depthwise, norm, relu6 --- 1x1, norm --+-- +
            |         6c                        6c                       c'       |
            +------------------ (at stride 1 with as many channels) --------------+
    """
    return InvertedResidual(in_channels, outputs_of(in_channels, out_channels), stride, expansion)


def mbconv(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 3,
    stride: int = 1,
    expansion: int = 6,
    excite: bool = True,
) -> nn.Module:
    """EfficientNet's MBConv6 (table 1; drawn in MnasNet, figure 7): an inverted residual with attention.

    ::

        x --+-- 1x1, norm, swish --- kxk/s depthwise, norm, swish --- gate --- 1x1, norm --+-- +
            |         6c                        6c                     6c         c'       |
            +-------------------- (at stride 1 with as many channels) ---------------------+

    The gate is squeeze-and-excitation with c/4 hidden channels; ``excite=False`` leaves it out.
    """
    outputs = outputs_of(in_channels, out_channels)
    return MBConv(in_channels, outputs, kernel_size, stride, expansion, excite=excite)


def sandglass(
    in_channels: int = 64, out_channels: int | None = None, stride: int = 1, reduction: int = 6
) -> nn.Module:
    """MobileNeXt's sandglass (figure 1c): filters at the wide ends, joined by the residual.

    ::

        x --+-- 3x3 depthwise --- 1x1 --- 1x1 --- 3x3/s depthwise --+-- +
            |    norm, relu6     norm  norm, relu6       norm       |
            |        c           c/6       c'             c'        |
            +------- (at stride 1 with as many channels) -----------+

    As in the authors' code a block that changes the channels has no first depthwise convolution, and at
    stride 1 no last one either; the middle has at least c'/6 channels, rounded to a multiple of 16 if raised.
    """
    outputs = outputs_of(in_channels, out_channels)
    return Sandglass(in_channels, outputs, stride, reduction, keep=False, identity_div=1)
