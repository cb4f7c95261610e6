"""LR-ASPP: a light segmentation head on MobileNet V3 (Howard et al. 2019, arXiv:1905.02244, section 6.4)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import pointwise, round_channels
from cnnprof.zoo.networks.mobilenet_v3 import LARGE, MobileNetV3

# In ``features``, where the stem is module 0: the last module at 1/8, and the first at 1/32 in the classifier.
LOW_END = 4
DILATED = 13
LOW_CHANNELS, HIGH_CHANNELS = 40, 6 * 160


def dilate(blocks: nn.Module) -> None:
    """Filter every second value instead of striding, so that the maps stay at 1/16 of the input."""
    for module in blocks.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1):
            half = module.kernel_size[0] // 2
            module.stride, module.dilation, module.padding = (1, 1), (2, 2), (2 * half, 2 * half)


class LRASPP(nn.Module):
    """Figure 10: the last map is weighted by its own mean; two classifiers, one for each map, are added."""

    def __init__(self, width_mult: float, num_classes: int, inter_channels: int) -> None:
        super().__init__()
        features = MobileNetV3(LARGE, 1280, width_mult, num_classes, 0.0).features
        dilate(features[DILATED:])
        low, high = round_channels(LOW_CHANNELS * width_mult), round_channels(HIGH_CHANNELS * width_mult)
        self.low = features[: LOW_END + 1]
        self.high = features[LOW_END + 1 :]
        self.project = pointwise(high, inter_channels)
        self.scale = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(high, inter_channels, 1, bias=False), nn.Sigmoid()
        )
        self.low_classifier = nn.Conv2d(low, num_classes, 1)
        self.high_classifier = nn.Conv2d(inter_channels, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x num_classes x H x W``, for any size, as in torchvision.

        The maps are ``N x 40 x H/8 x W/8`` and ``N x 960 x H/16 x W/16``, rounded up.
        """
        size = x.shape[-2:]
        low: Tensor = self.low(x)
        high: Tensor = self.high(low)
        y = self.project(high) * self.scale(high)
        y = F.interpolate(y, size=low.shape[-2:], mode="bilinear", align_corners=False)
        scores: Tensor = self.low_classifier(low) + self.high_classifier(y)
        return F.interpolate(scores, size=size, mode="bilinear", align_corners=False)


def lraspp_mobilenet_v3_large(
    width_mult: float = 1.0, num_classes: int = 21, inter_channels: int = 128
) -> nn.Module:
    """LR-ASPP on MobileNet V3-Large at any positive width, its last stage dilated; 128 channels in the head."""
    return LRASPP(width_mult, num_classes, inter_channels)
