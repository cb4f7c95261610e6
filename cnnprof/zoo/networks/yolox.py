"""YOLOX: a YOLO without anchors and with a decoupled head (Ge et al. 2021, arXiv:2107.08430)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.backbone import zoo_backbone
from cnnprof.zoo.networks.csp import (
    Convolution,
    CspLayer,
    Focus,
    PafpnNeck,
    PyramidPooling,
    conv_silu,
    separable_silu,
)
from cnnprof.zoo.networks.detection import Maps, check_sides

OWN = "csp_darknet"  # the backbone of the paper


class CspDarknet(nn.Module):
    """The backbone of YOLOv5 release 5: ``N x 3 x H x W`` to maps at strides 8, 16 and 32.

    ``base`` is the width of the stem (64 in "l"); stages are 2, 4, 8 and 16 times as wide. The last stage begins
    with the pyramid pooling and has no residual connections.
    """

    def __init__(self, base: int, depth: int, conv: Convolution = conv_silu) -> None:
        super().__init__()
        self.channels = [4 * base, 8 * base, 16 * base]
        self.stem = Focus(3, base, 3)
        self.stage4 = self._stage(base, CspLayer(2 * base, 2 * base, depth, True, conv), conv)
        self.stage8 = self._stage(2 * base, CspLayer(4 * base, 4 * base, 3 * depth, True, conv), conv)
        self.stage16 = self._stage(4 * base, CspLayer(8 * base, 8 * base, 3 * depth, True, conv), conv)
        last = nn.Sequential(PyramidPooling(16 * base), CspLayer(16 * base, 16 * base, depth, False, conv))
        self.stage32 = self._stage(8 * base, last, conv)

    @staticmethod
    def _stage(inputs: int, blocks: nn.Module, conv: Convolution) -> nn.Sequential:
        return nn.Sequential(conv(inputs, 2 * inputs, 3, 2), blocks)

    def forward(self, x: Tensor) -> Maps:
        """``N x 3 x H x W`` to three maps."""
        c8 = self.stage8(self.stage4(self.stem(x)))
        c16 = self.stage16(c8)
        return [c8, c16, self.stage32(c16)]


class DecoupledLevel(nn.Module):
    """One level of the head (figure 2): classes on one branch, box and object on the other.

    ``x -> 1x1 (width) -> 3x3, 3x3 -> 1x1 (num_classes) | 3x3, 3x3 -> 1x1 (4) and 1x1 (1)``
    """

    def __init__(self, inputs: int, width: int, num_classes: int, conv: Convolution) -> None:
        super().__init__()
        self.stem = conv_silu(inputs, width, 1)
        self.class_branch = nn.Sequential(conv(width, width, 3, 1), conv(width, width, 3, 1))
        self.box_branch = nn.Sequential(conv(width, width, 3, 1), conv(width, width, 3, 1))
        self.classes = nn.Conv2d(width, num_classes, 1)
        self.box = nn.Conv2d(width, 4, 1)
        self.object = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x h x w -> N x (4 + 1 + num_classes) x h x w``, all before the sigmoid."""
        x = self.stem(x)
        classes = self.classes(self.class_branch(x))
        y = self.box_branch(x)
        return torch.cat((self.box(y), self.object(y), classes), 1)


class YoloxHead(nn.Module):
    """The decoupled head for maps of any ``channels``, ``width`` wide inside (256 in "l")."""

    def __init__(
        self, channels: Sequence[int], width: int, num_classes: int, conv: Convolution = conv_silu
    ) -> None:
        super().__init__()
        self.levels = nn.ModuleList(DecoupledLevel(c, width, num_classes, conv) for c in channels)

    def forward(self, maps: Sequence[Tensor]) -> Maps:
        """A map ``N x C x h x w`` a level to a raw map ``N x (5 + num_classes) x h x w`` a level."""
        return [level(x) for level, x in zip(self.levels, maps, strict=True)]


class Yolox(nn.Module):
    """Neck and head on any backbone that gives three maps of ``channels`` channels at strides 8, 16 and 32.

    ``N x 3 x H x W`` to raw maps ``N x (5 + num_classes) x H/s x W/s`` for s = 8, 16, 32; no box decoding.
    """

    def __init__(
        self,
        backbone: nn.Module,
        channels: Sequence[int],
        base: int = 64,
        repeats: int = 3,
        num_classes: int = 80,
        conv: Convolution = conv_silu,
    ) -> None:
        super().__init__()
        widths = [4 * base, 8 * base, 16 * base]
        self.backbone = backbone
        self.neck = PafpnNeck(channels, widths, repeats, conv=conv)
        self.head = YoloxHead(widths, 4 * base, num_classes, conv)

    def forward(self, x: Tensor) -> Maps:
        """Three raw maps, the finest first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        maps: Maps = self.head(self.neck(self.backbone(x)))
        return maps


def yolox(
    width_mult: float = 0.5,
    depth_mult: float = 0.33,
    depthwise: bool = False,
    num_classes: int = 80,
    backbone: str = OWN,
) -> nn.Module:
    """YOLOX at any positive width and depth (both 1 is "l"), up to its raw maps: no box decoding, no NMS.

    ``depthwise`` makes the 3x3 convolutions of stages, neck and head separable, as in Nano. ``backbone`` puts neck
    and head of that size on a classifier of the zoo whose maps halve exactly: ``backbone="ghostnet"``.
    """
    conv = separable_silu if depthwise else conv_silu
    base, repeats = max(int(64 * width_mult), 1), round(3 * depth_mult)
    trunk = (
        CspDarknet(base, max(repeats, 1), conv) if backbone == OWN else zoo_backbone(backbone, aligned=True)
    )
    return Yolox(trunk, trunk.channels, base, repeats, num_classes, conv)
