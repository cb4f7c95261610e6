"""FBNet: each block chosen from nine for a phone's latency (Wu et al. 2018, arXiv:1812.03443)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import ChannelShuffle, relu

# Table 2, the candidate blocks: kernel, expansion, groups of the 1x1 convolutions. The ninth is "skip".
CANDIDATES = {
    "k3_e1": (3, 1, 1),
    "k3_e1_g2": (3, 1, 2),
    "k3_e3": (3, 3, 1),
    "k3_e6": (3, 6, 1),
    "k5_e1": (5, 1, 1),
    "k5_e1_g2": (5, 1, 2),
    "k5_e3": (5, 3, 1),
    "k5_e6": (5, 6, 1),
}
STEM = 16
# Table 1: output channels of each searched stage and the stride of its first block.
STAGES = ((16, 1), (24, 2), (32, 2), (64, 2), (112, 1), (184, 2), (352, 1))

# The blocks chosen for each of these stages: fbnet_modeldef_cls_fbnet.py of the authors' code.
Choices = tuple[tuple[str, ...], ...]
A: Choices = (
    ("skip",),
    ("k3_e3", "k3_e1", "skip", "skip"),
    ("k5_e6", "k3_e3", "k5_e1", "k3_e3"),
    ("k5_e6", "k5_e3", "k5_e1_g2", "k5_e6"),
    ("k3_e6", "k5_e1_g2", "k5_e3", "k3_e1_g2"),
    ("k5_e6", "k5_e6", "k5_e3", "k5_e6"),
    ("k5_e6",),
)
B: Choices = (
    ("k3_e1",),
    ("k3_e6", "k5_e1", "k3_e1", "k3_e1"),
    ("k5_e6", "k5_e3", "k3_e6", "k5_e6"),
    ("k5_e6", "k5_e6", "skip", "k5_e3"),
    ("k5_e6", "k3_e1", "k5_e1", "k5_e3"),
    ("k5_e6", "k5_e1", "k5_e6", "k5_e6"),
    ("k3_e6",),
)
C: Choices = (
    ("k3_e1",),
    ("k3_e6", "skip", "k3_e1", "k3_e1"),
    ("k5_e6", "k5_e3", "k5_e6", "k3_e6"),
    ("k5_e6", "k5_e3", "k5_e6", "k5_e6"),
    ("k5_e6", "k5_e6", "k5_e6", "k5_e3"),
    ("k5_e6", "k5_e6", "k5_e6", "k5_e6"),
    ("k3_e6",),
)


def biased_conv(
    inputs: int, outputs: int, kernel: int = 1, *, stride: int = 1, groups: int = 1, activated: bool = True
) -> nn.Sequential:
    """Convolution, batch norm, ReLU; the convolution has a bias, which the authors keep beside batch norm."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, relu()) if activated else nn.Sequential(*layers)


class SearchBlock(nn.Module):
    """Figure 3: ``x (c) -> 1x1 (ec) [-> shuffle] -> kxk depthwise -> 1x1 (c') [+ x]``.

    The authors' code leaves out the first 1x1 where e is 1, and keeps the shuffle of a grouped block.
    """

    def __init__(
        self, inputs: int, outputs: int, stride: int, kernel: int, expansion: int, groups: int
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            *([biased_conv(inputs, hidden, groups=groups)] if expansion > 1 else []),
            *([ChannelShuffle(groups)] if groups > 1 else []),
            biased_conv(hidden, hidden, kernel, stride=stride, groups=hidden),
            biased_conv(hidden, outputs, groups=groups, activated=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return y + x if self.residual else y


class FBNet(nn.Module):
    """Table 1 with the blocks that were chosen: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, choices: Choices, head: int, num_classes: int) -> None:
        super().__init__()
        channels = STEM
        blocks: list[nn.Module] = [biased_conv(3, STEM, 3, stride=2)]
        for (outputs, first_stride), names in zip(STAGES, choices, strict=True):
            for index, name in enumerate(names):
                if name == "skip":
                    continue
                stride = first_stride if index == 0 else 1
                blocks.append(SearchBlock(channels, outputs, stride, *CANDIDATES[name]))
                channels = outputs
        blocks.append(biased_conv(channels, head))
        self.features = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Conv2d(head, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes``."""
        logits: Tensor = self.classifier(self.pool(self.features(x)))
        return logits.flatten(1)


def fbnet_a(num_classes: int = 1000) -> nn.Module:
    """FBNet-A; its head has 1504 channels in the authors' code."""
    return FBNet(A, 1504, num_classes)


def fbnet_b(num_classes: int = 1000) -> nn.Module:
    """FBNet-B."""
    return FBNet(B, 1984, num_classes)


def fbnet_c(num_classes: int = 1000) -> nn.Module:
    """FBNet-C."""
    return FBNet(C, 1984, num_classes)
