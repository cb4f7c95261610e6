"""YOLOv4 (Bochkovskiy et al. 2020, arXiv:2004.10934)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.darknet_layers import alternating, conv_leaky, prediction
from cnnprof.zoo.networks.detection import Maps, ThreeStages, check_sides, upsample
from cnnprof.zoo.networks.layers import conv_norm

# cfg/yolov4.cfg: width of a stage, residual blocks on its main path.
STAGES = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))
ANCHORS = 3  # boxes a cell


def mish() -> nn.Module:
    """x * tanh(ln(1 + e^x)) in place, the activation of the backbone."""
    return nn.Mish(inplace=True)


def conv_mish(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, mish: ``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
    return conv_norm(inputs, outputs, kernel, stride=stride, activation=mish)


class Residual(nn.Module):
    """``x -> 1x1 (hidden) -> 3x3 (channels) + x``, without activation after the addition."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv_mish(channels, hidden, 1), conv_mish(hidden, channels, 3))

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        y: Tensor = self.layers(x)
        return y + x


class CspStage(nn.Module):
    """A stage of CSPDarknet-53: half of the width goes through residual blocks, half past them.

    ``x -> 3x3/2 -> 1x1 (side) | 1x1 -> residual blocks -> 1x1 | concat -> 1x1 (outputs)``.
    In the first stage side and main path have the full width.
    """

    def __init__(self, inputs: int, outputs: int, repeats: int) -> None:
        super().__init__()
        first = outputs == STAGES[0][0]
        width = outputs if first else outputs // 2
        self.down = conv_mish(inputs, outputs, 3, 2)
        self.side = conv_mish(outputs, width, 1)
        blocks = (Residual(width, outputs // 2) for _ in range(repeats))
        self.main = nn.Sequential(conv_mish(outputs, width, 1), *blocks, conv_mish(width, width, 1))
        self.join = conv_mish(2 * width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/2 x W/2``."""
        x = self.down(x)
        side = self.side(x)
        joined: Tensor = self.join(torch.cat((self.main(x), side), 1))
        return joined


class Backbone(ThreeStages):
    """CSPDarknet-53: ``N x 3 x H x W`` to 256, 512 and 1024 channels at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        widths = [32, *(width for width, _ in STAGES)]
        stages = [
            CspStage(inputs, outputs, repeats)
            for inputs, (outputs, repeats) in zip(widths, STAGES, strict=False)
        ]
        self.stage8 = nn.Sequential(conv_mish(3, widths[0], 3), *stages[:3])
        self.stage16, self.stage32 = stages[3:]


class PyramidPooling(nn.Module):
    """Max pools of 13, 9 and 5 beside the input: ``N x C x H x W -> N x 4C x H x W``."""

    def __init__(self) -> None:
        super().__init__()
        self.pools = nn.ModuleList(nn.MaxPool2d(size, stride=1, padding=size // 2) for size in (5, 9, 13))

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W -> N x 4C x H x W``, the largest window first."""
        pooled = [pool(x) for pool in self.pools]
        return torch.cat((*reversed(pooled), x), 1)


class TopDown(nn.Module):
    """One step down in stride: the coarse map, narrowed and upsampled, joins the backbone's narrowed one.

    ``N x 2C x h x w`` and ``N x 2C x 2h x 2w -> N x C x 2h x 2w``, where C is ``channels``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = conv_leaky(2 * channels, channels, 1)
        self.lateral = conv_leaky(2 * channels, channels, 1)
        self.join = alternating(2 * channels, channels, 5)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Two maps to one at the stride of ``fine``."""
        y = upsample(self.narrow(coarse))
        joined: Tensor = self.join(torch.cat((self.lateral(fine), y), 1))
        return joined


class BottomUp(nn.Module):
    """One step up in stride: ``N x C x h x w`` and ``N x 2C x h/2 x w/2 -> N x 2C x h/2 x w/2``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = conv_leaky(channels, 2 * channels, 3, 2)
        self.join = alternating(4 * channels, 2 * channels, 5)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Two maps to one at the stride of ``coarse``."""
        joined: Tensor = self.join(torch.cat((self.down(fine), coarse), 1))
        return joined


class YoloV4(nn.Module):
    """``N x 3 x H x W`` to raw maps ``N x 3(5 + num_classes) x H/s x W/s`` for s = 8, 16, 32; no box decoding.

    CSPDarknet-53, pyramid pooling, path aggregation and YOLOv3's heads (section 3.4).
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        outputs = ANCHORS * (5 + num_classes)
        self.backbone = Backbone()
        self.pooling = nn.Sequential(alternating(1024, 512, 3), PyramidPooling(), alternating(2048, 512, 3))
        self.top16 = TopDown(256)
        self.top8 = TopDown(128)
        self.predict8 = prediction(128, 256, outputs)
        self.bottom16 = BottomUp(128)
        self.predict16 = prediction(256, 512, outputs)
        self.bottom32 = BottomUp(256)
        self.predict32 = prediction(512, 1024, outputs)

    def forward(self, x: Tensor) -> Maps:
        """Three raw maps, the finest first; ValueError where the sides are not multiples of 32."""
        check_sides(x)
        c8, c16, c32 = self.backbone(x)
        p32 = self.pooling(c32)
        p16 = self.top16(p32, c16)
        p8 = self.top8(p16, c8)
        raw8 = self.predict8(p8)
        p16 = self.bottom16(p8, p16)
        raw16 = self.predict16(p16)
        return [raw8, raw16, self.predict32(self.bottom32(p16, p32))]


def yolov4(num_classes: int = 80) -> nn.Module:
    """YOLOv4, up to its raw maps: no box decoding, no NMS."""
    return YoloV4(num_classes)
