"""Squeeze-and-excitation."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.blocks.channels import unchanged
from cnnprof.zoo.networks.layers import SqueezeExcite


def squeeze_excite(in_channels: int = 64, out_channels: int | None = None, ratio: int = 16) -> nn.Module:
    """A squeeze-and-excitation block (figure 1); ``ratio`` is the reduction r of section 3.2.

    ::

        x --+-- mean over H x W --- 1x1, relu --- 1x1, sigmoid --+-- *
            |          c                c/r            c         |
            +----------------------------------------------------+

    The two layers are 1x1 convolutions with bias, which on a ``1 x 1`` map are linear layers.
    """
    channels = unchanged(in_channels, out_channels)
    return SqueezeExcite(channels, max(1, channels // ratio))
