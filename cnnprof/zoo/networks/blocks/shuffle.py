"""Channel shuffle, and the units of ShuffleNet V1 and V2."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.blocks.channels import check_groups, outputs_of, unchanged
from cnnprof.zoo.networks.layers import ChannelShuffle
from cnnprof.zoo.networks.shufflenet_v1 import ShuffleUnit
from cnnprof.zoo.networks.shufflenet_v2 import BasicUnit, FirstUnit


def channel_shuffle(in_channels: int = 64, out_channels: int | None = None, groups: int = 2) -> nn.Module:
    """Channel shuffle alone (ShuffleNet V1, figure 1c): a copy, no arithmetic. ShuffleNet V2 has two groups.

    ::

        1 2 3 | a b c   --->   1 a 2 b 3 c
    """
    channels = unchanged(in_channels, out_channels)
    if channels % groups:
        raise ValueError(f"{channels} channels cannot be divided into {groups} groups")
    return ChannelShuffle(groups)


def shuffle_v1(
    in_channels: int = 64, out_channels: int | None = None, stride: int = 1, groups: int = 4
) -> nn.Module:
    """ShuffleNet V1's unit (figures 2b and 2c); four groups, of the paper's 1, 2, 3, 4 and 8.

    ::

        x --+-- 1x1 in g groups --- 3x3 depthwise --- shuffle --- 1x1 in g groups --+-- + --- relu
            |    norm, relu             norm                           norm         |
            |       c/4                 c/4             c/4             c           |
            +-----------------------------------------------------------------------+

    At stride 2 the shortcut is a 3x3/2 average pool and is concatenated, so that the outputs are more than
    the inputs: twice as many unless ``out_channels`` says how many. As in the authors' code the shuffle
    follows the depthwise convolution.
    """
    if stride not in (1, 2):
        raise ValueError(f"stride is 1 or 2, not {stride}")
    if stride == 1:
        outputs = unchanged(in_channels, out_channels)
    else:
        outputs = outputs_of(in_channels, 2 * in_channels if out_channels is None else out_channels)
        if outputs <= in_channels:
            raise ValueError(f"at stride 2 out_channels must be more than {in_channels}, not {outputs}")
    made = outputs if stride == 1 else outputs - in_channels  # the rest is the shortcut
    check_groups(groups, in_channels, outputs // 4, made)
    return ShuffleUnit(in_channels, outputs, stride, groups, groups)


def shuffle_v2(in_channels: int = 64, out_channels: int | None = None, stride: int = 1) -> nn.Module:
    """ShuffleNet V2's units (figures 3c and 3d), with torchvision's order of operations.

    ::

        stride 1:                                         stride 2:
        x -- split --+------------------------------+     x --+-- 3x3/2 depthwise --- 1x1 ----------------+
                     |                              |         |         c             c'/2                |
                     +-- 1x1 -- 3x3 depthw. -- 1x1 -+-        +-- 1x1 --- 3x3/2 depthwise --- 1x1 --------+-
                         c/2       c/2         c/2  concat       c'/2         c'/2           c'/2  concat
                                                    shuffle                                        shuffle

    Each convolution has a batch norm, each 1x1 one a ReLU. The channels are even; at stride 1 they stay.
    """
    if stride == 1:
        outputs = unchanged(in_channels, out_channels)
    else:
        outputs = outputs_of(in_channels, out_channels)
    if outputs % 2:
        raise ValueError(f"the channels are halved, so out_channels cannot be {outputs}")
    return BasicUnit(outputs, False) if stride == 1 else FirstUnit(in_channels, outputs, stride, False)
