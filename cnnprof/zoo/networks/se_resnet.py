"""SE-ResNet: residual blocks with channel attention (Hu et al. 2017, arXiv:1709.01507)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import SqueezeExcite
from cnnprof.zoo.networks.resnet import REPEATS_50, Residual, ResNet, bottleneck_layers

REDUCTION = 16  # r of section 3.2


class AttendedResidual(Residual):
    """``relu(attend(layers(x)) + shortcut(x))``: attention before the addition (figure 3)."""

    def __init__(self, inputs: int, outputs: int, stride: int, layers: nn.Module) -> None:
        super().__init__(inputs, outputs, stride, layers)
        self.attend = SqueezeExcite(outputs, outputs // REDUCTION)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y = self.layers(x)
        shortcut = self.shortcut(x)
        out: Tensor = self.activation(self.attend(y) + shortcut)
        return out


def bottleneck(inputs: int, width: int, stride: int) -> AttendedResidual:
    """The bottleneck of He et al., its stride in the first 1x1 convolution as in the authors' files."""
    layers = bottleneck_layers(inputs, width, 4 * width, stride=stride, stride_in_1x1=True)
    return AttendedResidual(inputs, 4 * width, stride, layers)


def se_resnet50(num_classes: int = 1000) -> nn.Module:
    """SE-ResNet with 50 layers; its stem pools without padding and rounds up, as Caffe does."""
    return ResNet(bottleneck, REPEATS_50, num_classes, nn.MaxPool2d(3, stride=2, ceil_mode=True))
