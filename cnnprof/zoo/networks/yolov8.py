"""YOLOv8 (ultralytics/ultralytics; there is no paper)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.csp import Bottleneck, FastPyramidPooling, conv_silu
from cnnprof.zoo.networks.detection import Maps, ThreeStages, check_sides, upsample
from cnnprof.zoo.networks.yolov5 import scaled_depth, scaled_width

# cfg/models/v8/yolov8.yaml: width of a stage, C2f blocks after its 3x3/2 convolution.
STAGES = ((128, 3), (256, 6), (512, 6), (1024, 3))
BINS = 16  # a box side is predicted as a distribution over so many distances


class C2f(nn.Module):
    """A CSP stage that keeps the output of every bottleneck.

    ``x -> 1x1 (outputs) -> halves a, b -> c = f(b), d = f(c), ... -> concat(a, b, c, d, ...) -> 1x1 (outputs)``
    """

    def __init__(self, inputs: int, outputs: int, repeats: int, residual: bool = False) -> None:
        super().__init__()
        hidden = outputs // 2
        self.split = conv_silu(inputs, 2 * hidden, 1)
        self.join = conv_silu((2 + repeats) * hidden, outputs, 1)
        self.blocks = nn.ModuleList(Bottleneck(hidden, 3, residual) for _ in range(repeats))

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``."""
        parts = list(self.split(x).chunk(2, 1))
        for block in self.blocks:
            parts.append(block(parts[-1]))
        joined: Tensor = self.join(torch.cat(parts, 1))
        return joined


class Backbone(ThreeStages):
    """``N x 3 x H x W`` to maps at strides 8, 16 and 32; the last one is pooled over 5, 9 and 13."""

    def __init__(self, widths: Sequence[int], depth_mult: float) -> None:
        super().__init__()
        stages = [
            nn.Sequential(
                conv_silu(inputs, outputs, 3, 2),
                C2f(outputs, outputs, scaled_depth(repeats, depth_mult), residual=True),
            )
            for inputs, outputs, (_, repeats) in zip(widths[:-1], widths[1:], STAGES, strict=True)
        ]
        self.stage8 = nn.Sequential(conv_silu(3, widths[0], 3, 2), stages[0], stages[1])
        self.stage16 = stages[2]
        self.stage32 = nn.Sequential(stages[3], FastPyramidPooling(widths[-1]))


class Neck(nn.Module):
    """Path aggregation without the 1x1 convolutions of YOLOv5: three maps to three of the same channels."""

    def __init__(self, channels: Sequence[int], repeats: int) -> None:
        super().__init__()
        c8, c16, c32 = channels
        self.top16 = C2f(c32 + c16, c16, repeats)
        self.top8 = C2f(c16 + c8, c8, repeats)
        self.down8 = conv_silu(c8, c8, 3, 2)
        self.bottom16 = C2f(c8 + c16, c16, repeats)
        self.down16 = conv_silu(c16, c16, 3, 2)
        self.bottom32 = C2f(c16 + c32, c32, repeats)

    def forward(self, maps: Sequence[Tensor]) -> Maps:
        """Maps at strides 8, 16 and 32 to maps at the same strides."""
        c8, c16, c32 = maps
        top16 = self.top16(torch.cat((upsample(c32), c16), 1))
        p8 = self.top8(torch.cat((upsample(top16), c8), 1))
        p16 = self.bottom16(torch.cat((self.down8(p8), top16), 1))
        p32 = self.bottom32(torch.cat((self.down16(p16), c32), 1))
        return [p8, p16, p32]


def branch(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Two 3x3 convolutions and a 1x1 with bias: ``N x inputs x h x w -> N x outputs x h x w``."""
    return nn.Sequential(
        conv_silu(inputs, width, 3), conv_silu(width, width, 3), nn.Conv2d(width, outputs, 1)
    )


class Head(nn.Module):
    """Boxes and classes on two branches a level: ``N x C x h x w -> N x (4 * 16 + num_classes) x h x w``.

    ``expectation`` holds the fixed weights 0 to 15 that turn a side's 16 bins into a distance. They are parameters
    of the reference, and part of its box decoding: the raw maps are taken before them.
    """

    def __init__(self, channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        box = max(4 * BINS, channels[0] // 4)
        classes = max(channels[0], min(num_classes, 100))
        self.boxes = nn.ModuleList(branch(c, box, 4 * BINS) for c in channels)
        self.classes = nn.ModuleList(branch(c, classes, num_classes) for c in channels)
        self.expectation = nn.Conv2d(BINS, 1, 1, bias=False).requires_grad_(False)
        with torch.no_grad():
            self.expectation.weight.copy_(torch.arange(BINS).view(1, BINS, 1, 1))

    def forward(self, maps: Sequence[Tensor]) -> Maps:
        """Per level the bins of the four sides, then the classes before the sigmoid."""
        levels = zip(self.boxes, self.classes, maps, strict=True)
        return [torch.cat((boxes(x), classes(x)), 1) for boxes, classes, x in levels]


class YoloV8(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x (64 + num_classes) x H/s x W/s`` for s = 8, 16, 32; no box decoding."""

    def __init__(self, width_mult: float, depth_mult: float, max_channels: int, num_classes: int) -> None:
        super().__init__()
        bases = (64, *(width for width, _ in STAGES))
        widths = [scaled_width(min(base, max_channels), width_mult) for base in bases]
        self.backbone = Backbone(widths, depth_mult)
        self.neck = Neck(widths[2:], scaled_depth(3, depth_mult))
        self.head = Head(widths[2:], num_classes)

    def forward(self, x: Tensor) -> Maps:
        """Three raw maps, the finest first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        maps: Maps = self.head(self.neck(self.backbone(x)))
        return maps


def yolov8(
    width_mult: float = 0.25, depth_mult: float = 0.33, max_channels: int = 1024, num_classes: int = 80
) -> nn.Module:
    """YOLOv8 at any positive width and depth, up to its raw maps: no box decoding, no NMS.

    ``max_channels`` caps a stage before it is scaled (1024 in "n" and "s", 768 in "m").
    """
    return YoloV8(width_mult, depth_mult, max_channels, num_classes)
