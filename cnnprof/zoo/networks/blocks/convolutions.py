"""Convolutions: standard, grouped, and the separable pairs."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks import bsconv, xception
from cnnprof.zoo.networks.blocks.channels import check_groups, outputs_of, stripped


def conv(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 3,
    stride: int = 1,
    groups: int = 1,
) -> nn.Module:
    """A standard convolution (MobileNet V1, figure 2a), plain: no bias, no batch norm, no activation.

    ::

        N x M x H x W --- k x k conv --- N x N' x H/s x W/s        k k M N'/g weights

    It is plain so that textbook ratios to it are exact.
    """
    outputs = outputs_of(in_channels, out_channels)
    check_groups(groups, in_channels, outputs)
    return nn.Conv2d(in_channels, outputs, kernel_size, stride, kernel_size // 2, groups=groups, bias=False)


def grouped_conv(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 3,
    stride: int = 1,
    groups: int = 2,
) -> nn.Module:
    """A convolution in groups, two as in AlexNet (figure 2 there), plain like ``conv``.

    ::

             +-- M/g channels --- k x k conv --- N'/g channels --+
        x ---+-- ...                                             +-- N x N' x H/s x W/s
             +-- M/g channels --- k x k conv --- N'/g channels --+

    Its weights and multiply-adds are exactly 1/g of the standard convolution's.
    """
    return conv(in_channels, out_channels, kernel_size, stride, groups)


def depthwise_separable(
    in_channels: int = 64, out_channels: int | None = None, kernel_size: int = 3, stride: int = 1
) -> nn.Module:
    """A depthwise and a 1x1 convolution (MobileNet V1, figures 2b and 2c).

    ::

        N x M x H x W --- k x k depthwise --- N x M x H/s x W/s --- 1x1 conv --- N x N' x H/s x W/s

    The pair is plain: no bias, no batch norm, no activation, which MobileNet V1 has after each of the two.
    So the ratio of its weights and multiply-adds to ``conv`` is exactly ``1/N' + 1/k^2`` (section 3.1).
    """
    outputs = outputs_of(in_channels, out_channels)
    return nn.Sequential(
        conv(in_channels, in_channels, kernel_size, stride, groups=in_channels), conv(in_channels, outputs, 1)
    )


def bsconv_u(
    in_channels: int = 64, out_channels: int | None = None, stride: int = 1, plain: bool = False
) -> nn.Module:
    """A blueprint separable convolution, unconstrained (BSConv, figure 1 and section 3): 1x1 first.

    ::

        N x M x H x W --- 1x1 conv --- N x N' x H x W --- 3x3 depthwise, norm, relu --- N x N' x H/s x W/s

    The weights of ``depthwise_separable`` with the roles of M and N' changed; before a stride the 1x1
    convolution costs s^2 times as much. ``plain`` leaves norm and activation out.
    """
    block = bsconv.bsconv_u(in_channels, outputs_of(in_channels, out_channels), stride)
    return stripped(block) if plain else block


def xception_separable(
    in_channels: int = 64, out_channels: int | None = None, plain: bool = False
) -> nn.Module:
    """Xception's separable convolution: nothing between its two convolutions (figure 4 and section 4.7).

    ::

        N x M x H x W --- 3x3 depthwise --- N x M x H x W --- 1x1 conv, norm --- N x N' x H x W

    Figure 4 draws the 1x1 convolution first; the network has it last. ``plain`` leaves the norm out.
    """
    block = nn.Sequential(*xception.separable(in_channels, outputs_of(in_channels, out_channels)))
    return stripped(block) if plain else block
