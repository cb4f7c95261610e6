"""MobileOne: separable layers, over-parameterised while training (Vasu et al. 2022, arXiv:2206.04040)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.layers import Classifier, SqueezeExcite
from cnnprof.zoo.networks.reparameterise import BranchedConv

# Base width and pairs of layers of each stage after the stem; the first pair of each has stride 2.
STAGES = ((64, 2), (128, 8), (256, 10), (512, 1))
# Width multiplier of each stage, copies of the kxk branch (the paper's k), and how many pairs at the end of
# each stage have squeeze-and-excitation. PARAMS in the authors' mobileone.py.
VARIANTS = {
    "s0": ((0.75, 1.0, 1.0, 2.0), 4, (0, 0, 0, 0)),
    "s1": ((1.5, 1.5, 2.0, 2.5), 1, (0, 0, 0, 0)),
    "s2": ((1.5, 2.0, 2.5, 4.0), 1, (0, 0, 0, 0)),
    "s3": ((2.0, 2.5, 3.0, 4.0), 1, (0, 0, 0, 0)),
    "s4": ((3.0, 3.5, 3.5, 4.0), 1, (0, 0, 5, 1)),
}


def layer(conv: BranchedConv, outputs: int, excite: bool) -> nn.Sequential:
    """The block of figure 3: ``x -> branches -> [squeeze-and-excitation] -> relu``."""
    gate = [SqueezeExcite(outputs, outputs // 16, nn.ReLU)] if excite else []
    return nn.Sequential(conv, *gate, nn.ReLU())


class MobileOne(Classifier):
    """``N x 3 x H x W -> N x num_classes``: a 3x3 stem, then pairs of a 3x3 depthwise and a 1x1 layer."""

    def __init__(self, variant: str, num_classes: int, deploy: bool) -> None:
        super().__init__()
        widths, copies, excited = VARIANTS[variant]
        channels = min(64, int(64 * widths[0]))
        stem = BranchedConv(3, channels, 3, stride=2, deploy=deploy)
        layers = [layer(stem, channels, excite=False)]
        for (base, pairs), width, gates in zip(STAGES, widths, excited, strict=True):
            outputs = int(base * width)
            for index in range(pairs):
                stride, excite = 2 if index == 0 else 1, index >= pairs - gates
                spatial = BranchedConv(
                    channels, channels, 3, stride=stride, groups=channels, copies=copies, deploy=deploy
                )
                layers.append(layer(spatial, channels, excite))
                mixing = BranchedConv(channels, outputs, 1, copies=copies, deploy=deploy)
                layers.append(layer(mixing, outputs, excite))
                channels = outputs
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)


def mobileone(variant: str = "s0", num_classes: int = 1000, deploy: bool = False) -> nn.Module:
    """MobileOne ``variant`` "s0" to "s4", with its training branches or as deployed.

    ValueError for any other variant.
    """
    if variant not in VARIANTS:
        raise ValueError(f"MobileOne has the variants {', '.join(VARIANTS)}, not {variant}")
    return MobileOne(variant, num_classes, deploy)
