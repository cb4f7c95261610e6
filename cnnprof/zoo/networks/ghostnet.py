"""GhostNet: half of the channels from cheap depthwise convolutions (Han et al. 2020, arXiv:1911.11907)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import (
    Activation,
    SqueezeExcite,
    conv_norm,
    depthwise,
    pointwise,
    relu,
    round_channels,
)

LAYOUTS = ("pytorch", "tensorflow")

# Table 1: depthwise kernel, expansion, output channels, squeeze-and-excitation, stride.
STAGES = (
    (3, 16, 16, False, 1),
    (3, 48, 24, False, 2),
    (3, 72, 24, False, 1),
    (5, 72, 40, True, 2),
    (5, 120, 40, True, 1),
    (3, 240, 80, False, 2),
    (3, 200, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 480, 112, True, 1),
    (3, 672, 112, True, 1),
    (5, 672, 160, True, 2),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
)
LAST_EXPANSION = 960
HEAD = 1280


class GhostModule(nn.Module):
    """Intrinsic maps by a 1x1 convolution and a ghost of each by a 3x3 depthwise one (figure 2b).

    ``x -> 1x1 (c/2) = y; [y, 3x3 depthwise(y)]``, cut to c channels.
    """

    def __init__(self, inputs: int, outputs: int, activation: Activation | None = relu) -> None:
        super().__init__()
        intrinsic = math.ceil(outputs / 2)
        self.outputs = outputs
        self.primary = pointwise(inputs, intrinsic, activation=activation)
        self.cheap = depthwise(intrinsic, 3, activation=activation)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``."""
        y = self.primary(x)
        return torch.cat((y, self.cheap(y)), dim=1)[:, : self.outputs]


def shortcut(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    """Identity where shapes allow, else depthwise and 1x1 convolution, both without activation."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(
        depthwise(inputs, kernel, stride=stride, activation=None), pointwise(inputs, outputs, activation=None)
    )


class GhostBottleneck(nn.Module):
    """Figure 3: expand, [depthwise at stride 2], [squeeze-and-excitation], project without activation, add.

    ``first`` is the expanding module, ``N x inputs x H x W -> N x hidden x H x W``.
    """

    def __init__(
        self,
        first: nn.Module,
        inputs: int,
        hidden: int,
        outputs: int,
        kernel: int,
        stride: int,
        attention: nn.Module | None = None,
    ) -> None:
        super().__init__()
        layers = [first]
        if stride > 1:
            layers.append(depthwise(hidden, kernel, stride=stride, activation=None))
        if attention is not None:
            layers.append(attention)
        self.layers = nn.Sequential(*layers, GhostModule(hidden, outputs, activation=None))
        self.shortcut = shortcut(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        y += self.shortcut(x)
        return y


def attend(hidden: int, tensorflow: bool = False) -> SqueezeExcite:
    """Attention with a quarter of the channels inside, in multiples of 4; in TensorFlow exactly a quarter, and its
    gate cuts off at 0 and 1 without a slope of 1/6.
    """
    if tensorflow:
        return SqueezeExcite(hidden, hidden // 4, gate=lambda: nn.Hardtanh(0.0, 1.0))
    return SqueezeExcite(hidden, round_channels(hidden / 4, 4), gate=nn.Hardsigmoid)


def cut_channels(channels: float) -> int:
    """A scaled width in the authors' TensorFlow code: cut off, at least 8, then to the nearest multiple of 4."""
    return 4 * round(max(int(channels), 8) / 4)


def head(inputs: int, tensorflow: bool) -> nn.Sequential:
    """Pool, then a 1x1 convolution that keeps its width: with a bias, or in TensorFlow with batch norm."""
    pool = nn.AdaptiveAvgPool2d(1)
    if tensorflow:
        return nn.Sequential(pool, *pointwise(inputs, HEAD))
    return nn.Sequential(pool, nn.Conv2d(inputs, HEAD, 1), relu())


class GhostNet(nn.Module):
    """Table 1: ``N x 3 x H x W -> N x num_classes``; ``expanders`` make each bottleneck's first module."""

    def __init__(
        self,
        expanders: tuple[type[nn.Module], ...],
        width_mult: float,
        num_classes: int,
        dropout: float,
        layout: str = "pytorch",
    ) -> None:
        super().__init__()
        if layout not in LAYOUTS:
            raise ValueError(f"ghostnet has the layouts {' and '.join(LAYOUTS)}, not {layout}")
        tensorflow = layout == "tensorflow"

        def widen(width: int) -> int:
            return cut_channels(width * width_mult) if tensorflow else round_channels(width * width_mult, 4)

        channels = widen(16)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2)]
        for expander, (kernel, expansion, base, attention, stride) in zip(expanders, STAGES, strict=True):
            hidden, outputs = widen(expansion), widen(base)
            first = expander(channels, hidden)
            inside = attend(hidden, tensorflow) if attention else None
            blocks.append(GhostBottleneck(first, channels, hidden, outputs, kernel, stride, inside))
            channels = outputs
        last = widen(LAST_EXPANSION)
        blocks.append(pointwise(channels, last))
        self.features = nn.Sequential(*blocks)
        self.head = head(last, tensorflow)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(HEAD, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        x = self.head(self.features(x)).flatten(1)
        logits: Tensor = self.classifier(x)
        return logits


def ghostnet(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, layout: str = "pytorch"
) -> nn.Module:
    """GhostNet at a width, in multiples of 4 channels.

    ``layout="pytorch"`` rounds as the authors' ghostnet_pytorch does. ``layout="tensorflow"`` follows their
    ghostnet_tensorflow: scaled widths are cut off before they are rounded, attention hides exactly a quarter of its
    channels behind a clipped gate, and the head has batch norm; its padding, which at stride 2 is less on the left and
    top, is the PyTorch code's here. Its counts are those of the paper's table 7 and of the figure of latency.
    """
    return GhostNet((GhostModule,) * len(STAGES), width_mult, num_classes, dropout, layout)
