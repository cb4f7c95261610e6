"""YOLOv3 and its tiny version (Redmon and Farhadi 2018, arXiv:1804.02767)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.darknet import STAGES_53, Residual
from cnnprof.zoo.networks.darknet_layers import alternating, conv_leaky, prediction, tiny_layers
from cnnprof.zoo.networks.detection import Maps, ThreeStages, check_sides, upsample

ANCHORS = 3  # boxes a cell (section 2.3)


class Backbone(ThreeStages):
    """Darknet-53 without its classifier (table 1): ``N x 3 x H x W`` to 256, 512 and 1024 channels."""

    def __init__(self) -> None:
        super().__init__()
        channels = 32
        stages: list[nn.Module] = [conv_leaky(3, channels, 3)]
        for width, repeats in STAGES_53:
            blocks = (Residual(width) for _ in range(repeats))
            stages.append(nn.Sequential(conv_leaky(channels, width, 3, 2), *blocks))
            channels = width
        self.stage8 = nn.Sequential(*stages[:4])
        self.stage16, self.stage32 = stages[4:]


class YoloV3(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x 3(5 + num_classes) x H/s x W/s`` for s = 32, 16, 8; no box decoding."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        outputs = ANCHORS * (5 + num_classes)
        self.backbone = Backbone()
        self.level32 = alternating(1024, 512, 5)
        self.predict32 = prediction(512, 1024, outputs)
        self.lateral32 = conv_leaky(512, 256, 1)
        self.level16 = alternating(256 + 512, 256, 5)
        self.predict16 = prediction(256, 512, outputs)
        self.lateral16 = conv_leaky(256, 128, 1)
        self.level8 = alternating(128 + 256, 128, 5)
        self.predict8 = prediction(128, 256, outputs)

    def forward(self, x: Tensor) -> Maps:
        """Three raw maps, the coarsest first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        c8, c16, c32 = self.backbone(x)
        y = self.level32(c32)
        raw32 = self.predict32(y)
        y = self.level16(torch.cat((upsample(self.lateral32(y)), c16), 1))
        raw16 = self.predict16(y)
        y = self.level8(torch.cat((upsample(self.lateral16(y)), c8), 1))
        return [raw32, raw16, self.predict8(y)]


class YoloV3Tiny(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x 3(5 + num_classes) x H/s x W/s`` for s = 32, 16; no box decoding."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        outputs = ANCHORS * (5 + num_classes)
        layers = tiny_layers()
        self.stage16 = nn.Sequential(*layers[:9])
        self.stage32 = nn.Sequential(*layers[9:], conv_leaky(512, 1024, 3), conv_leaky(1024, 256, 1))
        self.predict32 = prediction(256, 512, outputs)
        self.lateral32 = conv_leaky(256, 128, 1)
        self.predict16 = prediction(128 + 256, 256, outputs)

    def forward(self, x: Tensor) -> Maps:
        """Two raw maps, the coarser first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        c16 = self.stage16(x)
        c32 = self.stage32(c16)
        raw32 = self.predict32(c32)
        y = torch.cat((upsample(self.lateral32(c32)), c16), 1)
        return [raw32, self.predict16(y)]


def yolov3(num_classes: int = 80) -> nn.Module:
    """YOLOv3 on Darknet-53, up to its raw maps: no box decoding, no NMS."""
    return YoloV3(num_classes)


def yolov3_tiny(num_classes: int = 80) -> nn.Module:
    """Tiny YOLOv3, up to its raw maps: no box decoding, no NMS."""
    return YoloV3Tiny(num_classes)
