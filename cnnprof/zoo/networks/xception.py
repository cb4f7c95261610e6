"""Xception: residual stacks of separable convolutions (Chollet 2016, arXiv:1610.02357)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier, conv_norm, relu

# Figure 5: the outputs of each module's separable convolutions, and its stride. Entry flow, eight times the
# middle flow, first module of the exit flow.
ENTRY = (((128, 128), 2), ((256, 256), 2), ((728, 728), 2))
MIDDLE = (((728, 728, 728), 1),) * 8
EXIT = (((728, 1024), 2),)
LAST = (1536, 2048)


def separable(inputs: int, outputs: int) -> list[nn.Module]:
    """3x3 depthwise, 1x1, batch norm: nothing between the two convolutions (section 4.7)."""
    return [
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class Module(nn.Module):
    """ReLU before each separable convolution, a 3x3 max pool that strides, a linear shortcut (figure 5).

    ``x -> [relu, separable] ... -> max pool/stride + shortcut(x)``, a 1x1/stride shortcut if shapes differ.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], stride: int, activate_first: bool) -> None:
        super().__init__()
        same = stride == 1 and inputs == widths[-1]
        self.shortcut: nn.Module = (
            nn.Identity() if same else conv_norm(inputs, widths[-1], 1, stride=stride, activation=None)
        )
        # The first ReLU must leave x as it is for the shortcut.
        layers: list[nn.Module] = [nn.ReLU()] if activate_first else []
        for index, width in enumerate(widths):
            layers += [relu()] if index > 0 else []
            layers += separable(inputs, width)
            inputs = width
        if stride != 1:
            layers.append(nn.MaxPool2d(3, stride, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x widths[-1] x H/stride x W/stride``."""
        shortcut: Tensor = self.shortcut(x)
        y: Tensor = self.layers(x)
        return y + shortcut


class Xception(Classifier):
    """Figure 5: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        # Unpadded: 299 -> 149 -> 147.
        layers: list[nn.Module] = [conv_norm(3, 32, 3, stride=2, padding=0), conv_norm(32, 64, 3, padding=0)]
        channels = 64
        for index, (widths, stride) in enumerate((*ENTRY, *MIDDLE, *EXIT)):
            layers.append(Module(channels, widths, stride, activate_first=index > 0))
            channels = widths[-1]
        for width in LAST:
            layers += [*separable(channels, width), relu()]
            channels = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)


def xception(num_classes: int = 1000) -> nn.Module:
    """Xception as trained on ImageNet: one linear layer, no dropout."""
    return Xception(num_classes)
