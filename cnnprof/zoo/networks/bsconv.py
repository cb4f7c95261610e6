"""MobileNets with blueprint separable convolutions (Haase and Amthor 2020, arXiv:2003.13549)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, relu, relu6
from cnnprof.zoo.networks.mobilenet_v1 import STAGES as V1_STAGES
from cnnprof.zoo.networks.mobilenet_v2 import STAGES as V2_STAGES


class BottleneckS(nn.Module):
    """Expand, filter depthwise, project without activation (section 4.2).

    ``x (c) -> 1x1 (tc) -> 3x3 depthwise -> 1x1 (c') [+ x]``
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            pointwise(inputs, hidden, activation=relu6),
            depthwise(hidden, 3, stride=stride, activation=relu6),
            pointwise(hidden, outputs, activation=None),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return y + x if self.residual else y


class BSConvNet(nn.Module):
    """``N x 3 x H x W -> N x num_classes``: batch norm of the image, layers, mean, 1x1 classifier."""

    def __init__(self, layers: list[nn.Module], channels: int, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.BatchNorm2d(3), *layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Conv2d(channels, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        logits: Tensor = self.classifier(self.pool(self.features(x)))
        return logits.flatten(1)


def bsconv_u(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """BSConv-U (section 3): mix the channels, then filter depthwise, with nothing between the two.

    ``N x inputs x H x W -> N x outputs x H x W -> N x outputs x H/stride x W/stride``
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, bias=False), depthwise(outputs, 3, stride=stride, activation=relu)
    )


def narrow(channels: int, width_mult: float) -> int:
    """``channels`` at a width, rounded down."""
    return max(int(channels * width_mult), 1)


def bsconv_u_mobilenet_v1(width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """MobileNet V1 with BSConv-U for its separable convolutions (section 4.1), at any positive width."""
    channels = narrow(32, width_mult)
    layers: list[nn.Module] = [conv_norm(3, channels, 3, stride=2)]
    for base, stride in V1_STAGES:
        outputs = narrow(base, width_mult)
        layers.append(bsconv_u(channels, outputs, stride))
        channels = outputs
    return BSConvNet(layers, channels, num_classes)


def bsconv_s_mobilenet_v2(width_mult: float = 1.0, num_classes: int = 1000) -> nn.Module:
    """MobileNet V2 as BSConv-S with p = 1/6 (section 4.2), at any positive width.

    The first block's expansion by 1 is a convolution as any other's: the authors do not leave it out.
    """
    base_inputs, channels = 32, narrow(32, width_mult)
    layers: list[nn.Module] = [conv_norm(3, channels, 3, stride=2, activation=relu6)]
    for expansion, base, repeats, first_stride in V2_STAGES:
        outputs = narrow(base, width_mult)
        for index in range(repeats):
            hidden = narrow(base_inputs * expansion, width_mult)
            layers.append(BottleneckS(channels, hidden, outputs, first_stride if index == 0 else 1))
            base_inputs, channels = base, outputs
    last = narrow(1280, max(1.0, width_mult))
    layers.append(pointwise(channels, last, activation=relu6))
    return BSConvNet(layers, last, num_classes)
