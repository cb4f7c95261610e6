"""BiSeNet: a shallow path for detail, a deep one for context (Yu et al. 2018, arXiv:1808.00897)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.detection import check_sides
from cnnprof.zoo.networks.layers import conv_norm, pointwise, relu
from cnnprof.zoo.networks.resnet import REPEATS_18, ResNet, basic, stem_pool
from cnnprof.zoo.networks.xception39 import xception39_stages

PATH = 128  # channels of the context path behind its backbone, and of the spatial path's output
# Channels of the backbone's maps at 1/16 and 1/32 (the two that figure 2a refines), and of the auxiliary heads in
# the authors' code.
BACKBONES = {"resnet18": (256, 512, 256), "xception39": (128, 256, 128)}


class Layout(NamedTuple):
    """What the public codes do differently: head widths, and aligned bilinear or nearest upsampling."""

    head: int
    auxiliary: int | None
    authors: bool


LAYOUTS = {"coincheung": Layout(256, 64, False), "authors": Layout(64, None, True)}


def stages_of(backbone: str) -> list[nn.Module]:
    """The backbone without its classifier, cut where its maps are 1/8, 1/16 and 1/32 of the input."""
    if backbone == "xception39":
        return [*xception39_stages()]
    network = ResNet(basic, REPEATS_18, num_classes=1, pool=stem_pool())
    return [nn.Sequential(network.stem, network.features[:4]), network.features[4:6], network.features[6:]]


def spatial_path() -> nn.Sequential:
    """Figure 2a, left: ``N x 3 x H x W -> N x 128 x H/8 x W/8`` in three strided convolutions and a 1x1 one."""
    return nn.Sequential(
        conv_norm(3, 64, 7, stride=2),
        conv_norm(64, 64, 3, stride=2),
        conv_norm(64, 64, 3, stride=2),
        pointwise(64, PATH),
    )


class AttentionRefinement(nn.Module):
    """Figure 2b: ``y = 3x3(x); y * sigmoid(norm(1x1(mean(y))))``."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.filter = conv_norm(inputs, PATH, 3)
        self.attend = nn.Sequential(pointwise(PATH, PATH, activation=None), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x 128 x H x W``."""
        y: Tensor = self.filter(x)
        scale: Tensor = self.attend(y.mean((2, 3), keepdim=True))
        return y * scale


class ContextPath(nn.Module):
    """Figure 2a, right: the backbone's last two maps refined, the global mean added, both brought up step by step."""

    def __init__(self, backbone: str, authors: bool) -> None:
        super().__init__()
        self.authors = authors
        self.stages = nn.ModuleList(stages_of(backbone))
        wide, deep, _ = BACKBONES[backbone]
        self.globe = pointwise(deep, PATH)
        self.refine = nn.ModuleList((AttentionRefinement(deep), AttentionRefinement(wide)))
        self.smooth = nn.ModuleList((conv_norm(PATH, PATH, 3), conv_norm(PATH, PATH, 3)))

    def enlarge(self, x: Tensor, like: Tensor) -> Tensor:
        """``x`` at the height and width of ``like``."""
        size = like.shape[-2:]
        if self.authors:
            return F.interpolate(x, size=size, mode="bilinear", align_corners=True)
        return F.interpolate(x, size=size, mode="nearest")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``N x 3 x H x W -> N x 128 x H/8 x W/8`` and ``N x 128 x H/16 x W/16``."""
        maps: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        x8, x16, x32 = maps
        globe: Tensor = self.globe(x32.mean((2, 3), keepdim=True))
        if self.authors:
            globe = self.enlarge(globe, x32)
        y16: Tensor = self.smooth[0](self.enlarge(self.refine[0](x32) + globe, x16))
        y8: Tensor = self.smooth[1](self.enlarge(self.refine[1](x16) + y16, x8))
        return y8, y16


class FeatureFusion(nn.Module):
    """Figure 2c: ``y = 1x1([spatial, context]); y + y * attend(mean(y))``.

    ``attend`` is two 1x1 convolutions in the figure and in the authors' code, one with norm in CoinCheung's.
    """

    def __init__(self, authors: bool) -> None:
        super().__init__()
        channels = 2 * PATH
        self.mix = pointwise(channels, channels)
        self.attend = (
            nn.Sequential(
                nn.Conv2d(channels, channels, 1, bias=False),
                relu(),
                nn.Conv2d(channels, channels, 1, bias=False),
                nn.Sigmoid(),
            )
            if authors
            else nn.Sequential(pointwise(channels, channels, activation=None), nn.Sigmoid())
        )

    def forward(self, spatial: Tensor, context: Tensor) -> Tensor:
        """Twice ``N x 128 x H x W -> N x 256 x H x W``."""
        y: Tensor = self.mix(torch.cat((spatial, context), dim=1))
        scale: Tensor = self.attend(y.mean((2, 3), keepdim=True))
        return y * scale + y


def head(inputs: int, inner: int, num_classes: int, factor: int, aligned: bool) -> nn.Sequential:
    """``N x inputs x H x W -> 3x3 (inner) -> 1x1 -> N x num_classes x H*factor x W*factor``."""
    return nn.Sequential(
        conv_norm(inputs, inner, 3),
        nn.Conv2d(inner, num_classes, 1),
        nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=aligned),
    )


class BiSeNetV1(nn.Module):
    """Figure 2a: both paths, their fusion and the head; with ``aux`` two more heads on the context path."""

    def __init__(self, backbone: str, num_classes: int, aux: bool, layout: Layout) -> None:
        super().__init__()
        self.authors = layout.authors
        self.spatial = spatial_path()
        self.context = ContextPath(backbone, layout.authors)
        self.fuse = FeatureFusion(layout.authors)
        self.head = head(2 * PATH, layout.head, num_classes, 8, layout.authors)
        inner = layout.auxiliary or BACKBONES[backbone][2]
        self.auxiliary = nn.ModuleList(
            head(PATH, inner, num_classes, factor, layout.authors) for factor in ((8, 16) if aux else ())
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """``N x 3 x H x W -> N x num_classes x H x W``, with auxiliary heads three times that.

        CoinCheung's layout raises ValueError unless H and W are multiples of 32 (its code fails to add maps of
        different sizes). The authors' takes any size; its output has H and W rounded up to multiples of 8.
        """
        if self.authors:
            spatial, (context, deeper) = self.spatial(x), self.context(x)
        else:
            check_sides(x)
            (context, deeper), spatial = self.context(x), self.spatial(x)
        scores: Tensor = self.head(self.fuse(spatial, context))
        others = [head(y) for head, y in zip(self.auxiliary, (context, deeper), strict=False)]
        return (scores, *others) if others else scores


def bisenet_v1(
    backbone: str = "resnet18", num_classes: int = 19, aux: bool = False, layout: str = "coincheung"
) -> nn.Module:
    """BiSeNet on ``resnet18`` or ``xception39``.

    ``layout="coincheung"`` follows CoinCheung/BiSeNet: nearest upsampling, one attention layer in the fusion, a
    head of 256 channels. ``layout="authors"`` follows ycszen/TorchSeg: aligned bilinear upsampling, two layers,
    64 channels. ``aux`` adds the two heads that only training uses.
    """
    if backbone not in BACKBONES:
        raise ValueError(f"bisenet_v1 has the backbones {' and '.join(BACKBONES)}, not {backbone}")
    if layout not in LAYOUTS:
        raise ValueError(f"bisenet_v1 has the layouts {' and '.join(LAYOUTS)}, not {layout}")
    return BiSeNetV1(backbone, num_classes, aux, LAYOUTS[layout])
