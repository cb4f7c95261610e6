"""What the detectors share: their maps, the backbones' forward, the sides that they take, and the upsampling."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

Maps = list[Tensor]


class ThreeStages(nn.Module):
    """The forward of most backbones: three stages one after the other, whose maps are kept."""

    stage8: nn.Module
    stage16: nn.Module
    stage32: nn.Module

    def forward(self, x: Tensor) -> Maps:
        """``N x 3 x H x W`` to maps at strides 8, 16 and 32."""
        c8 = self.stage8(x)
        c16 = self.stage16(c8)
        return [c8, c16, self.stage32(c16)]


def check_sides(x: Tensor, multiple: int = 32) -> None:
    """ValueError unless both sides of ``N x C x H x W`` are multiples of the detector's largest stride.

    Otherwise an upsampled map and the one it is joined to have different sizes.
    """
    if x.shape[2] % multiple or x.shape[3] % multiple:
        raise ValueError(f"input {shown(x)}: sides must be multiples of {multiple}")


def shown(x: Tensor) -> str:
    """The shape of a tensor as ``1x3x640x640``."""
    return "x".join(str(side) for side in x.shape)


def upsample(x: Tensor) -> Tensor:
    """Every value four times: ``N x C x H x W -> N x C x 2H x 2W``."""
    return F.interpolate(x, scale_factor=2, mode="nearest")
