"""FD-MobileNet: MobileNet V1 with the resolution reduced early (Qin et al. 2018, arXiv:1802.03750)."""

from __future__ import annotations

from torch import nn

from cnnprof.zoo.networks.layers import relu
from cnnprof.zoo.networks.mobilenet_v1 import MobileNetV1

# Output channels and stride of each separable convolution (authors' code, MobileNet.py). The sixth reduces
# the resolution to 1/32, which in MobileNet V1 the twelfth does.
STAGES = (
    (64, 2),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 1),
)


def fd_mobilenet(width_mult: float = 1.0, num_classes: int = 1000, dropout: float = 0.0) -> nn.Module:
    """FD-MobileNet at any positive width, with ReLU: ``N x 3 x H x W -> N x num_classes``."""
    return MobileNetV1(width_mult, num_classes, dropout, relu, STAGES)
