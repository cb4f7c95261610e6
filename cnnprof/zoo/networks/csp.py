"""Cross stage partial layers, pyramid pooling and the path aggregation neck of YOLOv5, YOLOX and YOLOv8.

The layers follow the public code of ultralytics/yolov5 and Megvii-BaseDetection/YOLOX, which have no paper of their
own for them; the idea is that of CSPNet (Wang et al. 2019, arXiv:1911.11929).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.detection import Maps, upsample
from cnnprof.zoo.networks.layers import conv_norm, depthwise, pointwise, swish

EPS = 1e-3  # batch norm, in all three codes
Convolution = Callable[[int, int, int, int], nn.Module]  # inputs, outputs, kernel, stride


def conv_silu(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Module:
    """Convolution, batch norm, SiLU: ``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
    return conv_norm(inputs, outputs, kernel, stride=stride, activation=swish, eps=EPS)


def separable_silu(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Module:
    """``conv_silu`` as a depthwise and a 1x1 convolution, each with norm and SiLU (YOLOX-Nano)."""
    return nn.Sequential(
        depthwise(inputs, kernel, stride=stride, activation=swish, eps=EPS),
        pointwise(inputs, outputs, activation=swish, eps=EPS),
    )


class Focus(nn.Module):
    """Every 2x2 patch to channels by slicing, then a convolution: ``N x C x H x W -> N x outputs x H/2 x W/2``."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = conv_silu(4 * inputs, outputs, kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Top left, bottom left, top right, bottom right: ``N x 4C x H/2 x W/2``, then the convolution."""
        patches = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
        y: Tensor = self.conv(torch.cat(patches, 1))
        return y


class Bottleneck(nn.Module):
    """``x -> first x first -> 3x3 [+ x]``, all of one width; ``first`` is 1 in YOLOv5 and YOLOX, 3 in YOLOv8."""

    def __init__(self, channels: int, first: int, residual: bool, conv: Convolution = conv_silu) -> None:
        super().__init__()
        self.residual = residual
        self.layers = nn.Sequential(conv_silu(channels, channels, first), conv(channels, channels, 3, 1))

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class C3(nn.Module):
    """A stage of YOLOv5: half of the width goes through bottlenecks, half past them.

    ``x -> 1x1 (outputs / 2) -> repeats x bottleneck | x -> 1x1 (outputs / 2) | concat -> 1x1 (outputs)``
    """

    def __init__(
        self, inputs: int, outputs: int, repeats: int, residual: bool = True, conv: Convolution = conv_silu
    ) -> None:
        super().__init__()
        hidden = outputs // 2
        self.main = conv_silu(inputs, hidden, 1)
        self.side = conv_silu(inputs, hidden, 1)
        self.join = conv_silu(2 * hidden, outputs, 1)
        self.blocks = nn.Sequential(*(Bottleneck(hidden, 1, residual, conv) for _ in range(repeats)))

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``; the side path runs last."""
        main = self.blocks(self.main(x))
        joined: Tensor = self.join(torch.cat((main, self.side(x)), 1))
        return joined


class CspLayer(C3):
    """The same stage in YOLOX, which runs the side path before the bottlenecks."""

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H x W``."""
        main, side = self.main(x), self.side(x)
        joined: Tensor = self.join(torch.cat((self.blocks(main), side), 1))
        return joined


class PyramidPooling(nn.Module):
    """Max pools of 5, 9 and 13 side by side (YOLOX): ``x -> 1x1 (half) -> concat(y, pools of y) -> 1x1``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 2
        self.reduce = conv_silu(channels, hidden, 1)
        self.pools = nn.ModuleList(nn.MaxPool2d(size, stride=1, padding=size // 2) for size in (5, 9, 13))
        self.join = conv_silu(4 * hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        x = self.reduce(x)
        joined: Tensor = self.join(torch.cat([x, *(pool(x) for pool in self.pools)], 1))
        return joined


class FastPyramidPooling(nn.Module):
    """The same windows from one 5x5 max pool, three times in a row (YOLOv5 from v6.0 on, YOLOv8)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 2
        self.reduce = conv_silu(channels, hidden, 1)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.join = conv_silu(4 * hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x channels x H x W`` to the same shape."""
        pooled = [self.reduce(x)]
        for _ in range(3):
            pooled.append(self.pool(pooled[-1]))
        joined: Tensor = self.join(torch.cat(pooled, 1))
        return joined


class PafpnNeck(nn.Module):
    """Path aggregation: the levels are joined top down, then bottom up, each time by a CSP stage.

    ``inputs`` are the channels of the backbone's maps at strides 8, 16 and 32, ``outputs`` those of the neck's. In
    YOLOv5 and YOLOX they are the same. YOLOX-Nano strides with separable convolutions (``conv``).
    """

    def __init__(
        self,
        inputs: Sequence[int],
        outputs: Sequence[int],
        repeats: int,
        layer: type[C3] = CspLayer,
        conv: Convolution = conv_silu,
    ) -> None:
        super().__init__()
        (in8, in16, in32), (out8, out16, out32) = inputs, outputs
        self.lateral32 = conv_silu(in32, out16, 1)
        self.top16 = layer(out16 + in16, out16, repeats, False, conv)
        self.lateral16 = conv_silu(out16, out8, 1)
        self.top8 = layer(out8 + in8, out8, repeats, False, conv)
        self.down8 = conv(out8, out8, 3, 2)
        self.bottom16 = layer(2 * out8, out16, repeats, False, conv)
        self.down16 = conv(out16, out16, 3, 2)
        self.bottom32 = layer(2 * out16, out32, repeats, False, conv)

    def forward(self, maps: Sequence[Tensor]) -> Maps:
        """Three maps of ``inputs`` channels to three of ``outputs`` channels, at strides 8, 16 and 32."""
        c8, c16, c32 = maps
        lateral32 = self.lateral32(c32)
        lateral16 = self.lateral16(self.top16(torch.cat((upsample(lateral32), c16), 1)))
        p8 = self.top8(torch.cat((upsample(lateral16), c8), 1))
        p16 = self.bottom16(torch.cat((self.down8(p8), lateral16), 1))
        p32 = self.bottom32(torch.cat((self.down16(p16), lateral32), 1))
        return [p8, p16, p32]
