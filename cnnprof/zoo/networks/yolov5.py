"""YOLOv5 of release 6.0 and later (ultralytics/yolov5; there is no paper)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from torch import Tensor, nn

from cnnprof.zoo.networks.csp import C3, EPS, FastPyramidPooling, PafpnNeck, conv_silu
from cnnprof.zoo.networks.detection import Maps, ThreeStages, check_sides
from cnnprof.zoo.networks.layers import conv_norm, swish

# models/yolov5l.yaml: width of a stage, C3 blocks after its 3x3/2 convolution.
STAGES = ((128, 3), (256, 6), (512, 9), (1024, 3))
ANCHORS = 3  # boxes a cell


def scaled_width(channels: int, width_mult: float) -> int:
    """Channels at a width, rounded up to a multiple of 8."""
    return ceil(channels * width_mult / 8) * 8


def scaled_depth(repeats: int, depth_mult: float) -> int:
    """Blocks at a depth: rounded, at least one."""
    return max(round(repeats * depth_mult), 1)


class Backbone(ThreeStages):
    """``N x 3 x H x W`` to maps at strides 8, 16 and 32; the last one is pooled over 5, 9 and 13."""

    def __init__(self, width_mult: float, depth_mult: float) -> None:
        super().__init__()
        stem = scaled_width(64, width_mult)
        widths = [stem, *(scaled_width(base, width_mult) for base, _ in STAGES)]
        stages = [
            nn.Sequential(
                conv_silu(inputs, outputs, 3, 2), C3(outputs, outputs, scaled_depth(repeats, depth_mult))
            )
            for inputs, outputs, (_, repeats) in zip(widths[:-1], widths[1:], STAGES, strict=True)
        ]
        self.channels = widths[2:]
        # 6x6/2 with padding 2; up to release 5 the stem was a Focus.
        stem_conv = conv_norm(3, stem, 6, stride=2, padding=2, activation=swish, eps=EPS)
        self.stage8 = nn.Sequential(stem_conv, stages[0], stages[1])
        self.stage16 = stages[2]
        self.stage32 = nn.Sequential(stages[3], FastPyramidPooling(widths[-1]))


class AnchorHead(nn.Module):
    """One 1x1 convolution with bias a level: ``N x C x h x w -> N x 3(5 + num_classes) x h x w``."""

    def __init__(self, channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(c, ANCHORS * (5 + num_classes), 1) for c in channels)

    def forward(self, maps: Sequence[Tensor]) -> Maps:
        """For each anchor four of the box, one of the object, one a class, all before the sigmoid."""
        return [level(x) for level, x in zip(self.levels, maps, strict=True)]


class YoloV5(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x 3(5 + num_classes) x H/s x W/s`` for s = 8, 16, 32; no box decoding."""

    def __init__(self, width_mult: float, depth_mult: float, num_classes: int) -> None:
        super().__init__()
        self.backbone = Backbone(width_mult, depth_mult)
        channels = self.backbone.channels
        self.neck = PafpnNeck(channels, channels, scaled_depth(3, depth_mult), layer=C3)
        self.head = AnchorHead(channels, num_classes)

    def forward(self, x: Tensor) -> Maps:
        """Three raw maps, the finest first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        maps: Maps = self.head(self.neck(self.backbone(x)))
        return maps


def yolov5(width_mult: float = 0.5, depth_mult: float = 0.33, num_classes: int = 80) -> nn.Module:
    """YOLOv5 at any positive width and depth (both 1 is "l"), up to its raw maps: no box decoding, no NMS."""
    return YoloV5(width_mult, depth_mult, num_classes)
