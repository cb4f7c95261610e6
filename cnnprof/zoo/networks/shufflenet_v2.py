"""ShuffleNet V2: channel split, equal widths, no group convolutions (Ma et al. 2018, arXiv:1807.11164)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import channel_shuffle, conv_norm, depthwise, pointwise

REPEATS = (4, 8, 4)
# Table 5: output channels of stages 2, 3 and 4 and of the last convolution; not multiples of the 1x widths.
WIDTHS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}
LAYOUTS = ("torchvision", "authors")


class Stage(NamedTuple):
    """A row of the tables: output channels, units, and the stride of the first of them."""

    outputs: int
    repeats: int
    stride: int = 2


# Appendix, large models: conv2_x to conv5_x. The pool before conv2_x has halved the map already.
STAGES_50 = (Stage(244, 3, stride=1), Stage(488, 4), Stage(976, 6), Stage(1952, 3))


def split_alternate(x: Tensor) -> tuple[Tensor, Tensor]:
    """Shuffle and split in one copy, as the authors' code does: the even channels, and the odd ones.

    ``N x C x H x W -> N x C/2 x 2 x H x W -> 2 x N x C/2 x H x W``
    """
    batch, channels, height, width = x.shape
    halves = x.view(batch, channels // 2, 2, height, width).permute(2, 0, 1, 3, 4).contiguous()
    return halves[0], halves[1]


def filtered(inputs: int, hidden: int, outputs: int, stride: int) -> nn.Sequential:
    """The branch that computes: ``x -> 1x1 (hidden) -> 3x3 depthwise -> 1x1 (outputs)``."""
    return nn.Sequential(
        pointwise(inputs, hidden),
        depthwise(hidden, 3, stride=stride, activation=None),
        pointwise(hidden, outputs),
    )


class BasicUnit(nn.Module):
    """Stride 1 (figure 3c): half of the channels pass untouched, the other half is filtered."""

    def __init__(self, channels: int, authors: bool) -> None:
        super().__init__()
        half = channels // 2
        self.authors = authors
        self.kept = nn.Identity()  # the half that passes: torchstat's printed memory has it as a layer
        self.branch = filtered(half, half, half, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape; torchvision shuffles at the end, the authors at the start."""
        if self.authors:
            kept, used = split_alternate(x)
            return torch.cat((self.kept(kept), self.branch(used)), dim=1)
        kept, used = x.chunk(2, dim=1)
        return channel_shuffle(torch.cat((self.kept(kept), self.branch(used)), dim=1), 2)


class FirstUnit(nn.Module):
    """First of a stage (figure 3d): both branches see all channels and their outputs are concatenated."""

    def __init__(self, inputs: int, outputs: int, stride: int, authors: bool) -> None:
        super().__init__()
        half = outputs // 2
        # Only the first stage differs: in the others the inputs are half of the outputs.
        beside = inputs if authors else half
        self.authors = authors
        self.shortcut = nn.Sequential(
            depthwise(inputs, 3, stride=stride, activation=None), pointwise(inputs, beside)
        )
        self.branch = filtered(inputs, half, outputs - beside, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y = torch.cat((self.shortcut(x), self.branch(x)), dim=1)
        return y if self.authors else channel_shuffle(y, 2)


class ShuffleNetV2(nn.Module):
    """Table 5: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(
        self, stem: int, stages: list[Stage], last: int, num_classes: int, dropout: float, layout: str
    ) -> None:
        super().__init__()
        if layout not in LAYOUTS:
            raise ValueError(f"shufflenet_v2 has the layouts {' and '.join(LAYOUTS)}, not {layout}")
        authors = layout == "authors"
        channels = stem
        self.stem = nn.Sequential(conv_norm(3, channels, 3, stride=2), nn.MaxPool2d(3, 2, padding=1))
        blocks: list[nn.Module] = []
        for outputs, repeats, stride in stages:
            blocks.append(FirstUnit(channels, outputs, stride, authors))
            blocks.extend(BasicUnit(outputs, authors) for _ in range(repeats - 1))
            channels = outputs
        self.stages = nn.Sequential(*blocks)
        self.last = pointwise(channels, last)
        # The authors' classifier has no bias; torchvision's network has no dropout at all.
        linear = nn.Linear(last, num_classes, bias=not authors)
        self.classifier = nn.Sequential(nn.Dropout(dropout), linear) if dropout else linear

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.last(self.stages(self.stem(x))).mean([2, 3])
        logits: Tensor = self.classifier(x)
        return logits


def shufflenet_v2(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.0, layout: str = "torchvision"
) -> nn.Module:
    """ShuffleNet V2 at one of Table 5's widths.

    ``layout="torchvision"`` splits the first unit of stage 2 in halves (58 + 58 channels at 1x) and shuffles
    after each unit. ``layout="authors"`` follows megvii-model/ShuffleNet-Series: 24 + 92 channels there, the
    shuffle before each stride-1 unit, no bias in the classifier; its 2x network has ``dropout=0.2``.
    """
    if width_mult not in WIDTHS:
        raise ValueError(f"shufflenet_v2 has the widths {', '.join(map(str, WIDTHS))}, not {width_mult}")
    *outputs, last = WIDTHS[width_mult]
    stages = [Stage(*stage) for stage in zip(outputs, REPEATS, strict=True)]
    return ShuffleNetV2(24, stages, last, num_classes, dropout, layout)


def shufflenet_v2_50(num_classes: int = 1000, dropout: float = 0.0, layout: str = "torchvision") -> nn.Module:
    """The 50-layer network of Table 6 and the appendix; layouts as in shufflenet_v2."""
    return ShuffleNetV2(64, list(STAGES_50), 2048, num_classes, dropout, layout)
