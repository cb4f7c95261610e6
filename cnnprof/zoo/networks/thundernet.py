"""ThunderNet: a two-stage detector small enough for a phone (Qin et al. 2019, arXiv:1903.11752).

The network ends at the raw outputs of both stages: no box decoding, no suppression. The second stage runs on a
fixed number of boxes spread over the image, 200 as in the paper's tests.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, relu
from cnnprof.zoo.networks.position_sensitive import BINS, PositionSensitiveAlign, spread_boxes
from cnnprof.zoo.networks.shufflenet_v2 import split_alternate

# Table 1: channels of the first convolution, of stages 2 to 4, and of conv5, which only SNet49 has.
SNETS = {
    49: (24, (60, 120, 240), 512),
    146: (24, (132, 264, 528), 0),
    535: (48, (248, 496, 992), 0),
}
REPEATS = (4, 8, 4)
THIN = 5 * BINS**2  # channels of the map that the proposals are cut from (section 3.2)
RPN = 256
ANCHORS = 25  # five sizes, five shapes
HIDDEN = 1024
LAYOUTS = ("paper", "authors")


class Unit(nn.Module):
    """ShuffleNet V2's unit with 5x5 filters, and the uneven first unit of its authors (section 3.1).

    Stride 1: ``x -> shuffle, split -> concat(one half, [1x1 -> 5x5 depthwise -> 1x1] of the other)``;
    stride 2: ``concat([5x5/2 depthwise -> 1x1], [1x1 -> 5x5/2 depthwise -> 1x1])``, the first ``inputs`` wide.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        kept = half if stride == 1 else inputs
        self.shortcut = (
            None
            if stride == 1
            else nn.Sequential(depthwise(inputs, 5, stride=2, activation=None), pointwise(inputs, inputs))
        )
        self.branch = nn.Sequential(
            pointwise(half if stride == 1 else inputs, half),
            depthwise(half, 5, stride=stride, activation=None),
            pointwise(half, outputs - kept),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        if self.shortcut is not None:
            return torch.cat((self.shortcut(x), self.branch(x)), 1)
        kept, used = split_alternate(x)
        return torch.cat((kept, self.branch(used)), 1)


class SNet(nn.Module):
    """Table 1: ``N x 3 x H x W`` to C4 at stride 16 and C5 at stride 32, of ``channels`` channels."""

    def __init__(self, stem: int, widths: tuple[int, ...], last: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, stem, 3, stride=2), nn.MaxPool2d(3, 2, padding=1))
        stages: list[nn.Module] = []
        inputs = stem
        for outputs, repeats in zip(widths, REPEATS, strict=True):
            rest = [Unit(outputs, outputs, 1) for _ in range(repeats - 1)]
            stages.append(nn.Sequential(Unit(inputs, outputs, 2), *rest))
            inputs = outputs
        self.to_c4 = nn.Sequential(*stages[:2])
        self.to_c5 = nn.Sequential(stages[2], pointwise(inputs, last)) if last else stages[2]
        self.channels = (widths[1], last or inputs)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``N x 3 x H x W`` to two maps."""
        c4 = self.to_c4(self.stem(x))
        return c4, self.to_c5(c4)


class ContextEnhancement(nn.Module):
    """C4, C5 and the mean of C5, each through a 1x1 convolution to 245 channels, added (section 3.2)."""

    def __init__(self, c4: int, c5: int) -> None:
        super().__init__()
        self.near, self.far, self.whole = (nn.Conv2d(channels, THIN, 1) for channels in (c4, c5, c5))

    def forward(self, c4: Tensor, c5: Tensor) -> Tensor:
        """``N x c4 x h x w`` and ``N x c5 x h/2 x w/2`` to ``N x 245 x h x w``."""
        near: Tensor = self.near(c4)
        far = F.interpolate(self.far(c5), size=near.shape[2:], mode="nearest")
        whole: Tensor = self.whole(c5.mean((2, 3), keepdim=True))
        return near + far + whole


class Proposals(nn.Module):
    """The region proposal network, and the attention that it gives to the thin map (section 3.2)."""

    def __init__(self, scores: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(depthwise(THIN, 5), pointwise(THIN, RPN))
        self.scores = nn.Conv2d(RPN, ANCHORS * scores, 1)
        self.boxes = nn.Conv2d(RPN, ANCHORS * 4, 1)
        self.attention = pointwise(RPN, THIN, activation=nn.Sigmoid)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``N x 245 x h x w`` to raw scores, raw boxes, and the map weighed by the attention."""
        y = self.layers(x)
        scores, boxes = self.scores(y), self.boxes(y)
        return scores, boxes, self.attention(y) * x


class ThunderNet(nn.Module):
    """Section 3: ``N x 3 x H x W`` to the raw outputs of both stages.

    ``N x (25 S) x H/16 x W/16`` scores and ``N x 100 x H/16 x W/16`` boxes of anchors, ``N x P x num_classes``
    scores and ``N x P x B`` boxes of proposals; S and B are 2 and 4, in the authors' layout 1 and 4 a class
    without the background.
    """

    def __init__(
        self, stem: int, widths: tuple[int, ...], last: int, num_classes: int, proposals: int, layout: str
    ) -> None:
        super().__init__()
        if layout not in LAYOUTS:
            raise ValueError(f"thundernet has the layouts {' and '.join(LAYOUTS)}, not {layout}")
        released = layout == "authors"
        self.backbone = SNet(stem, widths, last)
        self.context = ContextEnhancement(*self.backbone.channels)
        self.proposals = Proposals(1 if released else 2)
        self.align = PositionSensitiveAlign(spread_boxes(proposals), padding="border")
        second = [nn.Linear(HIDDEN, HIDDEN), relu()] if released else []
        self.hidden = nn.Sequential(nn.Linear(THIN, HIDDEN), relu(), *second)
        self.classes = nn.Linear(HIDDEN, num_classes)
        self.boxes = nn.Linear(HIDDEN, 4 * (num_classes - 1) if released else 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Anchors' scores and boxes, proposals' scores and boxes; any H and W."""
        thin = self.context(*self.backbone(x))
        scores, boxes, thin = self.proposals(thin)
        y = self.hidden(self.align(thin))
        return scores, boxes, self.classes(y), self.boxes(y)


def thundernet(
    snet: int = 146, num_classes: int = 81, proposals: int = 200, layout: str = "paper"
) -> nn.Module:
    """ThunderNet on SNet49, SNet146 or SNet535; ``num_classes`` with the background.

    ``layout="paper"`` has one hidden layer of 1024 in the second stage and one box a proposal, as the text says.
    ``layout="authors"`` follows qinzheng93/ThunderNet: two hidden layers, a box a class, one score an anchor.
    """
    if snet not in SNETS:
        raise ValueError(f"thundernet has the backbones {', '.join(map(str, SNETS))}, not {snet}")
    return ThunderNet(*SNETS[snet], num_classes, proposals, layout)
