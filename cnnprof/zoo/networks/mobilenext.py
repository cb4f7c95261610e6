"""MobileNeXt: sandglass blocks, residuals between the wide ends (Zhou et al. 2020, arXiv:2007.02269)."""

from __future__ import annotations

from math import ceil

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm, depthwise, pointwise, relu6, round_channels

# Reduction t, output channels c, repeats n, stride s of the first of them (authors' code, mnext.py).
STAGES = (
    (2, 96, 1, 2),
    (6, 144, 1, 1),
    (6, 192, 3, 2),
    (6, 288, 3, 2),
    (6, 384, 4, 1),
    (6, 576, 4, 2),
    (6, 960, 3, 1),
    (6, 1280, 1, 1),
)


class Sandglass(nn.Module):
    """Filter wide, reduce without activation, expand, filter wide without activation.

    ``x (c) -> 3x3 depthwise -> 1x1 (c/t) -> 1x1 (c') -> 3x3 depthwise, stride s [+ x]``

    A block that changes the channels has no first depthwise convolution, and at stride 1 none, unless it is
    the very first or a stage by itself (``keep``). The residual joins the first 1/``identity_div`` of the
    channels (the paper's identity tensor multiplier).
    """

    def __init__(
        self, inputs: int, outputs: int, stride: int, reduction: int, keep: bool, identity_div: int
    ) -> None:
        super().__init__()
        same = inputs == outputs and stride == 1
        first = same or keep or reduction == 2
        last = first or stride == 2
        hidden = sandglass_waist(inputs, outputs, reduction)
        self.identity = outputs // identity_div if same and not keep and reduction != 2 else 0
        self.layers = nn.Sequential(
            *([depthwise(inputs, 3, activation=relu6)] if first else []),
            pointwise(inputs, hidden, activation=None),
            pointwise(hidden, outputs, activation=relu6),
            *([depthwise(outputs, 3, stride=stride, activation=None)] if last else []),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        if self.identity:
            y[:, : self.identity].add_(x[:, : self.identity])
        return y


class MobileNeXt(Classifier):
    """As in the authors' mnext.py: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, width_mult: float, num_classes: int, dropout: float, identity_div: int) -> None:
        super().__init__()
        divisor = 4 if width_mult == 0.1 else 8  # as the authors' code has it
        channels = round_channels(32 * width_mult, divisor)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=relu6)]
        for reduction, base, repeats, first_stride in STAGES:
            # The last block is not narrowed below 1280.
            width = max(1.0, width_mult) if base == 1280 else width_mult
            outputs = round_channels(base * width, divisor)
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                keep = repeats == 1 and stride == 1
                blocks.append(Sandglass(channels, outputs, stride, reduction, keep, identity_div))
                channels = outputs
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))


def sandglass_waist(inputs: int, outputs: int, reduction: int) -> int:
    """Channels between the 1x1 convolutions: 1/``reduction`` of the inputs, at least 1/6 of the outputs."""
    waist = inputs // reduction
    return waist if waist >= outputs / 6 else round_channels(ceil(outputs / 6), 16)


def mobilenext(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, identity_div: int = 1
) -> nn.Module:
    """MobileNeXt at any positive width; ``identity_div`` 2, 3 or 6 adds only that part of each residual."""
    return MobileNeXt(width_mult, num_classes, dropout, identity_div)
