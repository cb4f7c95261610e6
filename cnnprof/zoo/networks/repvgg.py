"""RepVGG: plain 3x3 layers when deployed, branched while training (Ding et al. 2021, arXiv:2101.03697)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import Classifier
from cnnprof.zoo.networks.reparameterise import BranchedConv

# Table 2: base width and layers of stages 2 to 5, each of which starts with stride 2. Stage 1 is one layer.
STAGES = ((64, 2), (128, 4), (256, 14), (512, 1))
# Table 3, A0: a = 0.75 scales stages 1 to 4, b = 2.5 the last.
WIDTHS_A0 = (0.75, 0.75, 0.75, 2.5)


class RepVGGConv(BranchedConv):
    """Identity, 1x1 and 3x3 branches (figure 4), added as the authors do: ``(1x1 + 3x3) + identity``."""

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        if self.folded is not None:
            return super().forward(x)
        *identity, narrow, wide = [branch(x) for branch in self.branches]
        y: Tensor = narrow + wide
        return y + identity[0] if identity else y


class RepVGG(Classifier):
    """Table 2: ``N x 3 x H x W -> N x num_classes``."""

    def __init__(self, widths: tuple[float, ...], num_classes: int, deploy: bool) -> None:
        super().__init__()
        channels = min(64, int(64 * widths[0]))
        layers: list[nn.Module] = [RepVGGConv(3, channels, 3, stride=2, deploy=deploy), nn.ReLU()]
        for (base, repeats), width in zip(STAGES, widths, strict=True):
            outputs = int(base * width)
            for index in range(repeats):
                stride = 2 if index == 0 else 1
                layers += [RepVGGConv(channels, outputs, 3, stride=stride, deploy=deploy), nn.ReLU()]
                channels = outputs
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)


def repvgg_a0(num_classes: int = 1000, deploy: bool = False) -> nn.Module:
    """RepVGG-A0 (table 3), with its training branches or as deployed."""
    return RepVGG(WIDTHS_A0, num_classes, deploy)
