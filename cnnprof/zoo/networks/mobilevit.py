"""MobileViT: convolutions, and transformers across patches (Mehta and Rastegari 2021, arXiv:2110.02178)."""

from __future__ import annotations

from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, round_channels

# Table 4: the expansion of all inverted residuals; the output channels of the five stages; the width of the
# transformers in the last three.
VARIANTS = {
    "xxs": (2, (16, 24, 48, 64, 80), (64, 80, 96)),
    "xs": (4, (32, 48, 64, 80, 96), (96, 120, 144)),
    "s": (4, (32, 64, 96, 128, 160), (144, 192, 240)),
}
STEM = 16
# Inverted residuals of stages 1 and 2, and their stride; transformer layers of stages 3 to 5.
RESIDUALS = ((1, 1), (3, 2))
DEPTHS = (2, 4, 3)
HEADS = 4
PATCH = 2


class InvertedResidual(nn.Module):
    """MobileNet V2's block with SiLU: ``x (c) -> 1x1 (tc) -> 3x3 depthwise -> 1x1 (c') [+ x]``."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = round_channels(inputs * expansion)
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            pointwise(inputs, hidden, activation=nn.SiLU),
            depthwise(hidden, 3, stride=stride, activation=nn.SiLU),
            pointwise(hidden, outputs, activation=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class Attention(nn.Module):
    """Self-attention with four heads, as two matrix products: ``softmax(Q K' / sqrt(d)) V``, then linear."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = (width // HEADS) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """``B x S x C`` to the same shape; the scores are ``B x heads x S x S``."""
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, HEADS, width // HEADS).transpose(1, 3).contiguous()
        query, key, value = qkv.unbind(2)
        scores = torch.matmul(query * self.scale, key.transpose(-1, -2)).softmax(-1)
        mixed = torch.matmul(scores, value).transpose(1, 2).reshape(batch, tokens, width)
        y: Tensor = self.project(mixed)
        return y


class TransformerLayer(nn.Module):
    """Normalise first: ``x + attention(norm(x))``, then ``x + linear(silu(linear(norm(x))))``.

    Between the two linear layers the tokens are twice as wide.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.attend = nn.Sequential(nn.LayerNorm(width), Attention(width), nn.Dropout(dropout))
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.SiLU(),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``B x S x C`` to the same shape."""
        x = self.attend(x) + x
        y: Tensor = self.feed_forward(x)
        return x + y


def unfold(x: Tensor) -> Tensor:
    """The sequences of pixels that stand at one place in their patches (figure 1b); P = 4 pixels a patch.

    ``N x C x H x W -> N x C x patches x P -> (N P) x patches x C``
    """
    batch, channels, height, width = x.shape
    rows, columns = height // PATCH, width // PATCH
    x = x.reshape(batch * channels * rows, PATCH, columns, PATCH).transpose(1, 2)
    x = x.reshape(batch, channels, rows * columns, PATCH * PATCH).transpose(1, 3)
    return x.reshape(batch * PATCH * PATCH, rows * columns, channels)


def refold(x: Tensor, height: int, width: int) -> Tensor:
    """Undo ``unfold``: ``(N P) x patches x C -> N x C x H x W``."""
    _, patches, channels = x.shape
    rows, columns = height // PATCH, width // PATCH
    x = x.contiguous().view(-1, PATCH * PATCH, patches, channels).transpose(1, 3)
    batch = x.shape[0]
    x = x.reshape(batch * channels * rows, columns, PATCH, PATCH).transpose(1, 2)
    return x.reshape(batch, channels, height, width)


class MobileViTBlock(nn.Module):
    """Local filters, transformers across patches, fusion with the input (figure 1b).

    ``x (c) -> 3x3 (c) -> 1x1 (d) -> unfold -> transformers -> norm -> refold -> 1x1 (c) = y``, then
    ``concat(x, y) -> 3x3 (c)``
    """

    def __init__(self, channels: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.local = nn.Sequential(
            conv_norm(channels, channels, 3, activation=nn.SiLU), nn.Conv2d(channels, width, 1, bias=False)
        )
        self.transformer = nn.Sequential(
            *(TransformerLayer(width, dropout) for _ in range(depth)), nn.LayerNorm(width)
        )
        self.project = pointwise(width, channels, activation=nn.SiLU)
        self.fuse = conv_norm(2 * channels, channels, 3, activation=nn.SiLU)

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        y = self.project(self.attend(self.local(x)))
        fused: Tensor = self.fuse(torch.cat([x, y], 1))
        return fused

    def attend(self, x: Tensor) -> Tensor:
        """``N x D x H x W`` to the same shape; resized for the transformers if H or W is odd."""
        height, width = x.shape[-2:]
        whole = (ceil(height / PATCH) * PATCH, ceil(width / PATCH) * PATCH)
        resize = whole != (height, width)
        if resize:
            x = F.interpolate(x, size=whole, mode="bilinear", align_corners=False)
        y = refold(self.transformer(unfold(x)), *whole)
        return F.interpolate(y, size=(height, width), mode="bilinear", align_corners=False) if resize else y


class MobileViT(nn.Module):
    """Table 4: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, variant: str, num_classes: int, dropout: float) -> None:
        super().__init__()
        expansion, channels, widths = VARIANTS[variant]
        layers: list[nn.Module] = [conv_norm(3, STEM, 3, stride=2, activation=nn.SiLU)]
        inputs = STEM
        for outputs, (repeats, first_stride) in zip(channels[:2], RESIDUALS, strict=True):
            for index in range(repeats):
                layers.append(InvertedResidual(inputs, outputs, first_stride if index == 0 else 1, expansion))
                inputs = outputs
        for outputs, width, depth in zip(channels[2:], widths, DEPTHS, strict=True):
            layers.append(InvertedResidual(inputs, outputs, 2, expansion))
            layers.append(MobileViTBlock(outputs, width, depth, dropout))
            inputs = outputs
        last = min(4 * inputs, 960)
        layers.append(pointwise(inputs, last, activation=nn.SiLU))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(last, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.features(x).mean((-2, -1))
        logits: Tensor = self.classifier(x)
        return logits


def mobilevit(variant: str = "s", num_classes: int = 1000, dropout: float = 0.1) -> nn.Module:
    """MobileViT ``variant`` "xxs", "xs" or "s"; ``dropout`` in the transformers and before the classifier.

    ValueError for any other variant.
    """
    if variant not in VARIANTS:
        raise ValueError(f"MobileViT has the variants {', '.join(VARIANTS)}, not {variant}")
    return MobileViT(variant, num_classes, dropout)
