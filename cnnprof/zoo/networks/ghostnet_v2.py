"""GhostNet V2: GhostNet with long-range (DFC) attention (Tang et al. 2022, arXiv:2211.12905)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cnnprof.zoo.networks.ghostnet import STAGES, GhostModule, GhostNet
from cnnprof.zoo.networks.layers import pointwise

# The first two bottlenecks, on the largest maps, have no attention, as in the authors' code.
PLAIN = 2


def along(channels: int, height: int, width: int) -> nn.Sequential:
    """Depthwise convolution of one row or column and batch norm: ``N x C x H x W`` to the same shape."""
    padding = (height // 2, width // 2)
    conv = nn.Conv2d(channels, channels, (height, width), padding=padding, groups=channels, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels))


class AttentiveGhostModule(nn.Module):
    """A ghost module times decoupled fully connected (DFC) attention on half the resolution.

    ``gate: x -> 2x2 mean -> 1x1 -> 1x5 depthwise -> 5x1 depthwise -> sigmoid -> nearest upsampling``
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.ghost = GhostModule(inputs, outputs)
        self.attend = nn.Sequential(
            nn.AvgPool2d(2, 2),
            pointwise(inputs, outputs, activation=None),
            along(outputs, 1, 5),
            along(outputs, 5, 1),
        )
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``."""
        attention = self.attend(x)
        y: Tensor = self.ghost(x)
        return y * F.interpolate(self.gate(attention), size=y.shape[-2:], mode="nearest")


def ghostnet_v2(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> nn.Module:
    """GhostNet V2 at a width: GhostNet's stages, with attention from the third bottleneck on."""
    expanders = (GhostModule,) * PLAIN + (AttentiveGhostModule,) * (len(STAGES) - PLAIN)
    return GhostNet(expanders, width_mult, num_classes, dropout)
