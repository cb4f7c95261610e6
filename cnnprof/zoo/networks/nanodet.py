"""NanoDet and NanoDet-Plus: anchor-free detectors on ShuffleNet V2 (RangiLyu/nanodet, no paper)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.detection import Maps, check_sides
from cnnprof.zoo.networks.ghostnet import GhostBottleneck, GhostModule
from cnnprof.zoo.networks.layers import depthwise, pointwise
from cnnprof.zoo.networks.shufflenet_v2 import REPEATS, WIDTHS, ShuffleNetV2, Stage

# config/: channels of pyramid and head for a width of the backbone.
CHANNELS = {0.5: 96, 1.0: 96, 1.5: 128}
PLUS_CHANNELS = {1.0: 96, 1.5: 128}
SIDES = 4 * (7 + 1)  # a distance to each side of the box, as a distribution over 0 to 7


def leaky() -> nn.Module:
    """max(x, 0.1 x) in place, the activation of the whole network."""
    return nn.LeakyReLU(0.1, inplace=True)


def use_leaky(module: nn.Module) -> None:
    """Put the leaky ReLU in the place of every ReLU below ``module``."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, leaky())
        else:
            use_leaky(child)


class Backbone(nn.Module):
    """ShuffleNet V2 without its last convolution: ``N x 3 x H x W`` to maps of H/8, H/16 and H/32."""

    def __init__(self, width_mult: float) -> None:
        super().__init__()
        *self.widths, last = WIDTHS[width_mult]
        stages = [Stage(*stage) for stage in zip(self.widths, REPEATS, strict=True)]
        network = ShuffleNetV2(24, stages, last, 1, 0.0, "torchvision")
        use_leaky(network)
        first, second = REPEATS[0], REPEATS[0] + REPEATS[1]
        units = network.stages
        self.stages = nn.ModuleList(
            (nn.Sequential(network.stem, units[:first]), units[first:second], units[second:])
        )

    def forward(self, x: Tensor) -> Maps:
        """``N x 3 x H x W`` to three maps."""
        maps: Maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def resize(x: Tensor, scale_factor: float) -> Tensor:
    """``N x c x H x W -> N x c x sH x sW``; asks ``F`` at each call, where counters put functions of their own."""
    return F.interpolate(x, scale_factor=scale_factor, mode="bilinear", align_corners=False)


class AddingPyramid(nn.Module):
    """A path aggregation network without convolutions between its levels: down by adding, up by adding."""

    def __init__(self, widths: list[int], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)

    def forward(self, maps: Maps) -> Maps:
        """Maps of H/8, H/16 and H/32 to the same sizes with ``channels`` channels."""
        c8, c16, c32 = (lateral(x) for lateral, x in zip(self.lateral, maps, strict=True))
        c16 += resize(c32, scale_factor=2)
        c8 += resize(c16, scale_factor=2)
        c16 += resize(c8, scale_factor=0.5)
        c32 += resize(c16, scale_factor=0.5)
        return [c8, c16, c32]


def separable(channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Depthwise and 1x1 convolution, each with norm and activation: ``N x c x H x W -> N x c x H/s x W/s``."""
    return nn.Sequential(
        depthwise(channels, kernel, stride=stride, activation=leaky),
        pointwise(channels, channels, activation=leaky),
    )


def ghost_block(channels: int) -> GhostBottleneck:
    """``[N x c x H x W, N x c x H x W] -> N x c x H x W``; a 5x5 depthwise filter in the shortcut."""
    first = GhostModule(2 * channels, channels, leaky)
    return GhostBottleneck(first, 2 * channels, channels, channels, kernel=5, stride=1)


class GhostPyramid(nn.Module):
    """Ghost-PAN: levels are concatenated and mixed by ghost bottlenecks, down and up; a level of 1/64 beside."""

    def __init__(self, widths: list[int], channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(pointwise(width, channels, activation=leaky) for width in widths)
        self.mix_down = nn.ModuleList(ghost_block(channels) for _ in range(2))
        self.stride = nn.ModuleList(separable(channels, 5, 2) for _ in range(2))
        self.mix_up = nn.ModuleList(ghost_block(channels) for _ in range(2))
        self.extra_in, self.extra_out = separable(channels, 5, 2), separable(channels, 5, 2)

    def forward(self, maps: Maps) -> Maps:
        """Maps of H/8, H/16 and H/32 to maps of H/8, H/16, H/32 and H/64 with ``channels`` channels."""
        c8, c16, c32 = (reduce(x) for reduce, x in zip(self.reduce, maps, strict=True))
        p16 = self.mix_down[0](torch.cat((resize(c32, scale_factor=2), c16), dim=1))
        p8 = self.mix_down[1](torch.cat((resize(p16, scale_factor=2), c8), dim=1))
        n16 = self.mix_up[0](torch.cat((self.stride[0](p8), p16), dim=1))
        n32 = self.mix_up[1](torch.cat((self.stride[1](n16), c32), dim=1))
        return [p8, n16, n32, self.extra_in(c32) + self.extra_out(n32)]


class Head(nn.Module):
    """Two separable convolutions and a 1x1 one on each level, with weights of its own: classes and sides.

    ``spare`` adds a 1x1 convolution a level that NanoDet-m's reference holds and never runs, as classes and
    sides share a branch.
    """

    def __init__(
        self, levels: int, channels: int, kernel: int, num_classes: int, spare: bool = False
    ) -> None:
        super().__init__()
        self.spare = nn.ModuleList(nn.Conv2d(channels, SIDES, 1) for _ in range(levels if spare else 0))
        self.levels = nn.ModuleList(
            nn.Sequential(
                separable(channels, kernel),
                separable(channels, kernel),
                nn.Conv2d(channels, num_classes + SIDES, 1),
            )
            for _ in range(levels)
        )

    def forward(self, maps: Maps) -> Tensor:
        """``N x c x h x w`` of each level to ``N x sum(h*w) x (num_classes + 32)``."""
        scores = [level(x).flatten(2) for level, x in zip(self.levels, maps, strict=True)]
        return torch.cat(scores, dim=2).permute(0, 2, 1)


class NanoDet(nn.Module):
    """Backbone, pyramid and head: ``N x 3 x H x W -> N x P x (num_classes + 32)``.

    P is the number of cells, H W (1/64 + 1/256 + 1/1024) and, in NanoDet-Plus, ceil(H/64) ceil(W/64) more.
    """

    def __init__(self, backbone: Backbone, pyramid: nn.Module, head: Head) -> None:
        super().__init__()
        self.backbone, self.pyramid, self.head = backbone, pyramid, head

    def forward(self, x: Tensor) -> Tensor:
        """Class scores before the sigmoid, then distances before the softmax; boxes are not decoded.

        Raises ValueError unless H and W are multiples of 32.
        """
        check_sides(x)
        scores: Tensor = self.head(self.pyramid(self.backbone(x)))
        return scores


def channels_of(name: str, widths: dict[float, int], width_mult: float) -> int:
    """The channels of pyramid and head, or ValueError."""
    if width_mult not in widths:
        raise ValueError(f"{name} has the widths {', '.join(map(str, widths))}, not {width_mult}")
    return widths[width_mult]


def nanodet_m(width_mult: float = 1.0, num_classes: int = 80) -> nn.Module:
    """NanoDet-m: three levels, 3x3 filters in the head; 320 x 320 gives ``N x 2100 x 112``."""
    channels = channels_of("nanodet_m", CHANNELS, width_mult)
    backbone = Backbone(width_mult)
    head = Head(3, channels, 3, num_classes, spare=True)
    return NanoDet(backbone, AddingPyramid(backbone.widths, channels), head)


def nanodet_plus_m(width_mult: float = 1.0, num_classes: int = 80) -> nn.Module:
    """NanoDet-Plus-m as it infers: four levels, 5x5 filters; 320 x 320 gives ``N x 2125 x 112``.

    The auxiliary pyramid and head that assign labels in training are left out.
    """
    channels = channels_of("nanodet_plus_m", PLUS_CHANNELS, width_mult)
    backbone = Backbone(width_mult)
    return NanoDet(backbone, GhostPyramid(backbone.widths, channels), Head(4, channels, 5, num_classes))
