"""MobileNet V3: inverted residuals with attention and h-swish (Howard et al. 2019, arXiv:1905.02244)."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from cnnprof.zoo.networks import layers
from cnnprof.zoo.networks.layers import Classifier, SqueezeExcite, hard_swish, relu, round_channels

# Every batch norm has the TensorFlow code's epsilon, in torchvision too.
conv_norm = partial(layers.conv_norm, eps=1e-3)
depthwise = partial(layers.depthwise, eps=1e-3)
pointwise = partial(layers.pointwise, eps=1e-3)

STEM = 16
Row = tuple[int, int, int, bool, layers.Activation, int]

# Table 1: kernel, expanded channels, output channels, squeeze-and-excitation, non-linearity, stride.
LARGE: tuple[Row, ...] = (
    (3, 16, 16, False, relu, 1),
    (3, 64, 24, False, relu, 2),
    (3, 72, 24, False, relu, 1),
    (5, 72, 40, True, relu, 2),
    (5, 120, 40, True, relu, 1),
    (5, 120, 40, True, relu, 1),
    (3, 240, 80, False, hard_swish, 2),
    (3, 200, 80, False, hard_swish, 1),
    (3, 184, 80, False, hard_swish, 1),
    (3, 184, 80, False, hard_swish, 1),
    (3, 480, 112, True, hard_swish, 1),
    (3, 672, 112, True, hard_swish, 1),
    (5, 672, 160, True, hard_swish, 2),
    (5, 960, 160, True, hard_swish, 1),
    (5, 960, 160, True, hard_swish, 1),
)
# Table 2, in the same columns.
SMALL: tuple[Row, ...] = (
    (3, 16, 16, True, relu, 2),
    (3, 72, 24, False, relu, 2),
    (3, 88, 24, False, relu, 1),
    (5, 96, 40, True, hard_swish, 2),
    (5, 240, 40, True, hard_swish, 1),
    (5, 240, 40, True, hard_swish, 1),
    (5, 120, 48, True, hard_swish, 1),
    (5, 144, 48, True, hard_swish, 1),
    (5, 288, 96, True, hard_swish, 2),
    (5, 576, 96, True, hard_swish, 1),
    (5, 576, 96, True, hard_swish, 1),
)


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, weigh the channels, project without activation (figure 4).

    ``x (c) -> 1x1 (e) -> kxk depthwise -> attention -> 1x1 (c') [+ x]``; no expansion where e is c.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        kernel: int,
        stride: int,
        attention: bool,
        activation: layers.Activation,
    ) -> None:
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        expand = [] if hidden == inputs else [pointwise(inputs, hidden, activation=activation)]
        # A quarter of the expanded channels (section 5.3); torchvision has both non-linearities out of place.
        squeeze = round_channels(hidden // 4)
        excite = [SqueezeExcite(hidden, squeeze, nn.ReLU, nn.Hardsigmoid)] if attention else []
        self.layers = nn.Sequential(
            *expand,
            depthwise(hidden, kernel, stride=stride, activation=activation),
            *excite,
            pointwise(hidden, outputs, activation=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        if self.residual:
            y += x
        return y


class MobileNetV3(Classifier):
    """Tables 1 and 2: ``N x 3 x H x W -> N x num_classes``.

    ``features`` is the stem, one module a row and the last 1x1 convolution. The head follows the
    pool without batch norm ("NBN" in the tables), here as linear layers.
    """

    def __init__(
        self, rows: tuple[Row, ...], wide: int, width_mult: float, num_classes: int, dropout: float
    ) -> None:
        super().__init__()
        base, channels = STEM, round_channels(STEM * width_mult)
        blocks: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=hard_swish)]
        for kernel, expanded, base_outputs, attention, activation, stride in rows:
            # A width scales the block's input, and the expansion keeps its ratio to that (authors' code).
            hidden = round_channels(channels * (expanded / base))
            outputs = round_channels(base_outputs * width_mult)
            blocks.append(InvertedResidual(channels, hidden, outputs, kernel, stride, attention, activation))
            base, channels = base_outputs, outputs
        last = round_channels(6 * base * width_mult)
        blocks.append(pointwise(channels, last, activation=hard_swish))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(last, wide),
            hard_swish(),
            nn.Dropout(dropout, inplace=True),
            nn.Linear(wide, num_classes),
        )


def widen_head(channels: int, width_mult: float, head: int | None) -> int:
    """As in MobileNet V2, widths below 1 leave the last layer before the classifier alone."""
    return round_channels(channels * max(1.0, width_mult)) if head is None else head


def mobilenet_v3_large(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, head: int | None = None
) -> nn.Module:
    """MobileNet V3-Large at any positive width (Table 1).

    ``head`` sets the channels before the classifier: the paper's 1.25 has 1280 by its 7.5 M parameters (table 9), as
    the authors' code with ``finegrain_classification_mode`` has at every width; torchvision scales them.
    """
    return MobileNetV3(LARGE, widen_head(1280, width_mult, head), width_mult, num_classes, dropout)


def mobilenet_v3_small(
    width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2, head: int | None = None
) -> nn.Module:
    """MobileNet V3-Small at any positive width (Table 2), with the head of the paper's final version."""
    return MobileNetV3(SMALL, widen_head(1024, width_mult, head), width_mult, num_classes, dropout)
