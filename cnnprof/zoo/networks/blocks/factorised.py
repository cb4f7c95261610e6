"""Fire module and micro-factorised convolution: filters taken apart."""

from __future__ import annotations

from math import isqrt

from torch import nn

from cnnprof.zoo.networks.blocks.channels import check_groups, outputs_of, stripped
from cnnprof.zoo.networks.layers import ChannelShuffle, pointwise
from cnnprof.zoo.networks.micronet import row_and_column
from cnnprof.zoo.networks.squeezenet import BYPASSES, Fire


def fire(
    in_channels: int = 64, out_channels: int | None = None, squeeze_ratio: float = 0.125, bypass: str = "none"
) -> nn.Module:
    """SqueezeNet's fire module (figure 1): squeeze with 1x1 filters, expand with 1x1 and 3x3 ones.

    ::

        x --- 1x1, relu --+-- 1x1, relu --- c'/2 --+-- concat
                c'/8      +-- 3x3, relu --- c'/2 --+

    ``squeeze_ratio`` is SR of section 5.1, squeezed to output channels; half of the filters that expand are
    3x3. Every convolution has a bias. ``bypass`` "simple" or "complex" adds the input (figure 2).
    """
    outputs = outputs_of(in_channels, out_channels)
    if bypass not in BYPASSES:
        raise ValueError(f"bypass is one of {', '.join(BYPASSES)}, not {bypass}")
    if outputs % 2:
        raise ValueError(f"the outputs are two halves, so out_channels cannot be {outputs}")
    return Fire(in_channels, max(1, int(outputs * squeeze_ratio)), outputs // 2, bypass)


def micro_factorized(
    in_channels: int = 64,
    out_channels: int | None = None,
    kernel_size: int = 3,
    stride: int = 1,
    ratio: int = 4,
    groups: int | None = None,
    plain: bool = False,
) -> nn.Module:
    """MicroNet's micro-factorised depthwise and 1x1 convolutions, in the regular order (figure 2).

    ::

        x --- kx1 depthwise --- 1xk depthwise --- 1x1 in G groups --- shuffle --- 1x1 in G groups
                   c                  c                 c/R             c/R              c'

    ``ratio`` R narrows the middle, with G = sqrt(c/R) groups unless ``groups`` says how many: then each
    output sees each input once. R is 4 because the default 64 channels make G whole with it. A batch norm
    follows each convolution; ``plain`` leaves them out.
    """
    outputs = outputs_of(in_channels, out_channels)
    hidden = in_channels // ratio
    cells = isqrt(hidden) if groups is None else groups
    check_groups(cells, in_channels, hidden, outputs)
    block = nn.Sequential(
        row_and_column(in_channels, (1, 1), kernel_size, stride),
        pointwise(in_channels, hidden, groups=cells, activation=None),
        ChannelShuffle(cells),
        pointwise(hidden, outputs, groups=cells, activation=None),
    )
    return stripped(block) if plain else block
