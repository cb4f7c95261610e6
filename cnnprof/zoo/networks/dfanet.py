"""DFANet: three light backbones in a row, each refining the one before (Li et al. 2019, arXiv:1904.02216)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.detection import check_sides
from cnnprof.zoo.networks.layers import conv_norm, pointwise
from cnnprof.zoo.networks.xception39 import EXPANSION, STEM, stage

# Table 1: output channels of enc2 to enc4 in Xception A and B, and blocks in each. A block's three separable
# convolutions have a quarter of the channels, a quarter and all of them.
WIDTHS = {"a": (48, 96, 192), "b": (32, 64, 128)}
REPEATS = (4, 6, 4)
CLASSES = 1000  # of the ImageNet classifier that the attention keeps (figure 3)
DECODER = 32  # not in the paper: the channels that all of the decoder's convolutions have in public code

# The outputs of enc2, enc3, enc4 and of the attention.
Maps = tuple[Tensor, Tensor, Tensor, Tensor]


class FullyConnectedAttention(nn.Module):
    """Figure 3, below left: ``x * 1x1(fc(mean(x)))``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(channels, CLASSES)
        self.project = pointwise(CLASSES, channels)

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        classes: Tensor = self.classify(self.pool(x).flatten(1))
        scale: Tensor = self.project(classes.view(*classes.shape, 1, 1))
        return x * scale


class Backbone(nn.Module):
    """A row of figure 3. All but the first concatenate the maps of the row above before each stage."""

    def __init__(self, widths: tuple[int, int, int], first: bool) -> None:
        super().__init__()
        low, middle, high = widths
        inputs = (STEM, low, middle) if first else (low + high, middle + low, high + middle)
        self.enc2, self.enc3, self.enc4 = (
            stage(channels, width // EXPANSION, repeats)
            for channels, width, repeats in zip(inputs, widths, REPEATS, strict=True)
        )
        self.attention = FullyConnectedAttention(high)

    def forward(self, x: Tensor, above: Maps | None = None) -> Maps:
        """``N x c x H x W`` to maps of H/2, H/4, H/8 and again H/8; ``above`` are the maps of the row above."""
        if above is not None:
            x = torch.cat((above[0], x), dim=1)
        x2: Tensor = self.enc2(x)
        x3: Tensor = self.enc3(x2 if above is None else torch.cat((above[1], x2), dim=1))
        x4: Tensor = self.enc4(x3 if above is None else torch.cat((above[2], x3), dim=1))
        return x2, x3, x4, self.attention(x4)


def enlarge(x: Tensor, factor: int) -> Tensor:
    """Bilinear, corners aligned: ``N x C x H x W -> N x C x H*factor x W*factor``."""
    if factor == 1:
        return x
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=True)


class Decoder(nn.Module):
    """Figure 3, below: the rows' enc2 outputs are summed and filtered, the rows' last outputs added to that."""

    def __init__(self, widths: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        low, _, high = widths
        self.low = nn.ModuleList(pointwise(low, DECODER) for _ in range(3))
        # Only a 3x3 kernel makes up the 0.7 G multiply-adds that Table 4 gives the low-level features.
        self.fuse = conv_norm(DECODER, DECODER, 3)
        self.high = nn.ModuleList(pointwise(high, DECODER) for _ in range(3))
        self.classify = nn.Conv2d(DECODER, num_classes, 1)

    def forward(self, rows: list[Maps]) -> Tensor:
        """Three rows, the first with H/4 and H/16, to ``N x num_classes x H x W``."""
        low = [
            enlarge(reduce(row[0]), 1 << i)
            for i, (reduce, row) in enumerate(zip(self.low, rows, strict=True))
        ]
        x: Tensor = self.fuse(low[0] + low[1] + low[2])
        for index, (reduce, row) in enumerate(zip(self.high, rows, strict=True)):
            x = x + enlarge(reduce(row[3]), 4 << index)
        return enlarge(self.classify(x), 4)


class DFANet(nn.Module):
    """Figure 3: ``N x 3 x H x W -> N x num_classes x H x W``."""

    def __init__(self, widths: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        self.stem = conv_norm(3, STEM, 3, stride=2)
        self.rows = nn.ModuleList(Backbone(widths, first) for first in (True, False, False))
        self.decoder = Decoder(widths, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes x H x W``; ValueError unless H and W are multiples of 64."""
        check_sides(x, 64)
        maps: Maps = self.rows[0](self.stem(x))
        rows = [maps]
        for backbone in list(self.rows)[1:]:
            maps = backbone(enlarge(maps[3], 4), maps)
            rows.append(maps)
        scores: Tensor = self.decoder(rows)
        return scores


def dfanet(backbone: str = "a", num_classes: int = 19) -> nn.Module:
    """DFANet on Xception A or B (``backbone="a"`` or ``"b"``), as far as the paper describes it.

    Table 1 and figure 3 give stages, channels and links. The blocks are Xception39's, whose stride and shortcut
    fit the operations of Table 3; norm and ReLU of attention and decoder follow Tramac's public code.
    """
    if backbone not in WIDTHS:
        raise ValueError(f"dfanet has the backbones {' and '.join(WIDTHS)}, not {backbone}")
    return DFANet(WIDTHS[backbone], num_classes)
