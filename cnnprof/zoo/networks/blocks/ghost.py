"""Ghost module and ghost bottleneck of GhostNet."""

from __future__ import annotations

from math import ceil

from torch import nn

from cnnprof.zoo.networks.blocks.channels import outputs_of, stripped
from cnnprof.zoo.networks.ghostnet import GhostBottleneck, GhostModule, attend
from cnnprof.zoo.networks.layers import conv_norm


def ghost_module(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 1,
    ratio: int = 2,
    cheap_kernel_size: int = 3,
    plain: bool = False,
) -> nn.Module:
    """A ghost module (figure 2b): c'/s intrinsic maps, and s - 1 cheap ghosts of each.

    ::

        x --- kxk, norm, relu --+-----------------------------------+-- concat, cut to c'
                   c'/s         |                                   |
                                +-- 3x3 depthwise, norm, relu ------+
                                             (s - 1) c'/s

    ``kernel_size`` k, ``ratio`` s and ``cheap_kernel_size`` are 1, 2 and 3 in GhostNet. ``plain`` leaves
    norms and activations out, as the ratio to a standard convolution in section 3.1 does.
    """
    outputs = outputs_of(in_channels, out_channels)
    if ratio < 2:
        raise ValueError(f"ratio must be 2 or more, not {ratio}")
    module = GhostModule(in_channels, outputs)
    intrinsic = ceil(outputs / ratio)
    module.primary = conv_norm(in_channels, intrinsic, kernel_size)
    module.cheap = conv_norm(intrinsic, intrinsic * (ratio - 1), cheap_kernel_size, groups=intrinsic)
    return stripped(module) if plain else module


def ghost_bottleneck(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 3,
    stride: int = 1,
    expansion: int = 3,
    attention: bool = False,
) -> nn.Module:
    """A ghost bottleneck (figure 3): one ghost module expands, the other projects without activation.

    ::

        x --+-- ghost module --- [kxk/s depthwise, norm] --- [gate] --- ghost module --+-- +
            |        3c             3c (at stride 2)           3c            c'        |
            +------- [kxk/s depthwise, norm, 1x1, norm where shapes differ] -----------+

    The expansion is that of table 1 at 56 x 56 and 28 x 28 (up to 6 later). The gate is
    squeeze-and-excitation, with ``attention``.
    """
    outputs = outputs_of(in_channels, out_channels)
    hidden = expansion * in_channels
    first = GhostModule(in_channels, hidden)
    return GhostBottleneck(
        first, in_channels, hidden, outputs, kernel_size, stride, attend(hidden) if attention else None
    )
