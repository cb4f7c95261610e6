"""DenseNet: each layer reads all earlier ones of its block (Huang et al. 2016, arXiv:1608.06993)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.layers import Classifier, conv_norm, relu

# Table 1, DenseNet-121: dense layers of each block.
LAYERS_121 = (6, 12, 24, 16)
BOTTLENECK = 4  # the 1x1 convolution gives 4k maps (section 3)


def norm_relu_conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Batch norm, ReLU, convolution: the pre-activation order of section 3."""
    return nn.Sequential(
        nn.BatchNorm2d(inputs), relu(), nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    )


class DenseBlock(nn.Module):
    """DenseNet-BC block: ``concat(x_0 ... x_i) -> 1x1 (4k) -> 3x3 (k) = x_i+1`` (section 3, equation 2).

    Every layer joins all earlier maps anew, as the reference does: the copies are part of the network's cost.
    """

    def __init__(self, inputs: int, count: int, growth_rate: int, drop_rate: float) -> None:
        super().__init__()
        self.drop_rate = drop_rate
        inner = BOTTLENECK * growth_rate
        self.layers = nn.ModuleList(
            nn.Sequential(
                norm_relu_conv(inputs + index * growth_rate, inner, 1), norm_relu_conv(inner, growth_rate, 3)
            )
            for index in range(count)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x (inputs + count * growth_rate) x H x W``."""
        maps = [x]
        for layer in self.layers:
            new: Tensor = layer(torch.cat(maps, 1))
            maps.append(F.dropout(new, self.drop_rate, self.training) if self.drop_rate > 0 else new)
        return torch.cat(maps, 1)


class DenseNet(Classifier):
    """Table 1: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, layers: tuple[int, ...], growth_rate: int, num_classes: int, drop_rate: float) -> None:
        super().__init__()
        channels = 2 * growth_rate
        stages: list[nn.Module] = [conv_norm(3, channels, 7, stride=2), nn.MaxPool2d(3, stride=2, padding=1)]
        for index, count in enumerate(layers):
            stages.append(DenseBlock(channels, count, growth_rate, drop_rate))
            channels += count * growth_rate
            if index < len(layers) - 1:
                # The transition halves the channels (compression 0.5) and the resolution.
                stages += [norm_relu_conv(channels, channels // 2, 1), nn.AvgPool2d(2, stride=2)]
                channels //= 2
        self.features = nn.Sequential(*stages, nn.BatchNorm2d(channels), relu())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)


def densenet121(growth_rate: int = 32, num_classes: int = 1000, drop_rate: float = 0.0) -> nn.Module:
    """DenseNet-BC with 121 layers and growth rate k = 32."""
    return DenseNet(LAYERS_121, growth_rate, num_classes, drop_rate)
