"""YOLOv2 and its tiny version (Redmon and Farhadi 2016, arXiv:1612.08242)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.darknet import STAGES_19
from cnnprof.zoo.networks.darknet_layers import conv_leaky, halving_pool, prediction, tiny_layers
from cnnprof.zoo.networks.detection import Maps, check_sides

ANCHORS = 5  # boxes a cell (section 2, dimension clusters)


def reorder(x: Tensor) -> Tensor:
    """The passthrough (section 2, fine-grained features): ``N x C x H x W -> N x 4C x H/2 x W/2``, moved once.

    In darknet the 2x2 patches are those of the map read as ``C/4 x 2H x 2W``, not as ``C x H x W``.
    """
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels // 4, height, 2, width, 2).permute(0, 3, 5, 1, 2, 4)
    return x.reshape(batch, 4 * channels, height // 2, width // 2)


class Backbone(nn.Module):
    """Darknet-19 without its classifier (table 6): ``N x 3 x H x W`` to 512 and 1024 channels at strides 16, 32."""

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        channels = 3
        for stage, widths in enumerate(STAGES_19):
            layers: list[nn.Module] = [] if stage == 0 else [halving_pool()]
            for index, width in enumerate(widths):
                layers.append(conv_leaky(channels, width, 3 if index % 2 == 0 else 1))
                channels = width
            stages.append(nn.Sequential(*layers))
        self.stage16 = nn.Sequential(*stages[:5])
        self.stage32 = stages[5]

    def forward(self, x: Tensor) -> Maps:
        """``N x 3 x H x W`` to two maps."""
        c16 = self.stage16(x)
        return [c16, self.stage32(c16)]


class YoloV2(nn.Module):
    """``N x 3 x H x W`` to one raw map ``N x 5(5 + num_classes) x H/32 x W/32``; no box decoding."""

    def __init__(self, num_classes: int, passthrough: int) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.level32 = nn.Sequential(conv_leaky(1024, 1024, 3), conv_leaky(1024, 1024, 3))
        self.lateral16 = nn.Identity() if passthrough == 512 else conv_leaky(512, passthrough, 1)
        self.predict = prediction(4 * passthrough + 1024, 1024, ANCHORS * (5 + num_classes))

    def forward(self, x: Tensor) -> Maps:
        """One raw map; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        c16, c32 = self.backbone(x)
        c32 = self.level32(c32)
        return [self.predict(torch.cat((reorder(self.lateral16(c16)), c32), 1))]


class YoloV2Tiny(nn.Module):
    """``N x 3 x H x W`` to one raw map ``N x 5(5 + num_classes) x H/32 x W/32``, both rounded up; no box decoding.

    Nothing joins maps of two strides, so it takes any sides, as in darknet.
    """

    def __init__(self, num_classes: int, width: int) -> None:
        super().__init__()
        predict = prediction(1024, width, ANCHORS * (5 + num_classes))
        self.layers = nn.Sequential(*tiny_layers(), conv_leaky(512, 1024, 3), predict)

    def forward(self, x: Tensor) -> Maps:
        """One raw map."""
        return [self.layers(x)]


def yolov2(num_classes: int = 80, passthrough: int = 64) -> nn.Module:
    """YOLOv2 on Darknet-19, up to its raw map: no box decoding, no NMS.

    ``passthrough`` are the channels that a 1x1 convolution leaves of the map at stride 16 before it is reordered, a
    multiple of 4; 512 passes all of them and has no such convolution, as in the paper and the files of 2016.
    """
    if passthrough < 4 or passthrough % 4:
        raise ValueError(f"passthrough {passthrough}: must be a multiple of 4; 512 for all channels")
    return YoloV2(num_classes, passthrough)


def yolov2_tiny(num_classes: int = 80, last_width: int = 512) -> nn.Module:
    """Tiny YOLOv2, up to its raw map: no box decoding, no NMS.

    ``last_width`` is that of the last 3x3 convolution: 512 for COCO, 1024 for VOC.
    """
    return YoloV2Tiny(num_classes, last_width)
