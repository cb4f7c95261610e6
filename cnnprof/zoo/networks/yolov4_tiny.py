"""YOLOv4-tiny (Wang et al. 2020, arXiv:2011.08036, section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.darknet_layers import conv_leaky, prediction
from cnnprof.zoo.networks.detection import Maps, check_sides, upsample
from cnnprof.zoo.networks.yolov4 import ANCHORS


class PartialStage(nn.Module):
    """A stage of YOLOv4-tiny: its second half of channels is computed further, everything is kept.

    ``x -> 3x3 (c) = y; last half of y -> 3x3 = a -> 3x3 = b; concat(b, a) -> 1x1 (c) = z``; ``concat(y, z)`` is
    pooled for the next stage, z goes to the head.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.enter = conv_leaky(channels, channels, 3)
        self.first = conv_leaky(half, half, 3)
        self.second = conv_leaky(half, half, 3)
        self.join = conv_leaky(channels, channels, 1)
        self.pool = nn.MaxPool2d(2, stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``N x c x H x W`` to ``N x 2c x H/2 x W/2`` and z, ``N x c x H x W``."""
        y = self.enter(x)
        first = self.first(y.chunk(2, 1)[1])
        z = self.join(torch.cat((self.second(first), first), 1))
        return self.pool(torch.cat((y, z), 1)), z


class YoloV4Tiny(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x 3(5 + num_classes) x H/s x W/s`` for s = 32, 16; no box decoding."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        outputs = ANCHORS * (5 + num_classes)
        self.stem = nn.Sequential(conv_leaky(3, 32, 3, 2), conv_leaky(32, 64, 3, 2))
        self.stages = nn.ModuleList(PartialStage(channels) for channels in (64, 128, 256))
        self.stage32 = nn.Sequential(conv_leaky(512, 512, 3), conv_leaky(512, 256, 1))
        self.predict32 = prediction(256, 512, outputs)
        self.lateral32 = conv_leaky(256, 128, 1)
        self.predict16 = prediction(128 + 256, 256, outputs)

    def forward(self, x: Tensor) -> Maps:
        """Two raw maps, the coarser first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        x = self.stem(x)
        for stage in self.stages:
            x, c16 = stage(x)
        c32 = self.stage32(x)
        raw32 = self.predict32(c32)
        y = torch.cat((upsample(self.lateral32(c32)), c16), 1)
        return [raw32, self.predict16(y)]


def yolov4_tiny(num_classes: int = 80) -> nn.Module:
    """YOLOv4-tiny, up to its raw maps: no box decoding, no NMS."""
    return YoloV4Tiny(num_classes)
