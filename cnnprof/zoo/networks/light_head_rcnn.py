"""Light-Head R-CNN: a thin map and a cheap second stage (Li et al. 2017, arXiv:1711.07264).

Networks end at the raw outputs of both stages: no box decoding, no suppression. The second stage runs on a fixed
number of boxes spread over the image, 1000 as in the paper's tests.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm, pointwise, relu
from cnnprof.zoo.networks.position_sensitive import BINS, PositionSensitiveAlign, spread_boxes
from cnnprof.zoo.networks.resnet import WIDTHS, Residual, bottleneck_layers, stem_pool
from cnnprof.zoo.networks.shufflenet_v1 import REPEATS as XCEPTION_REPEATS
from cnnprof.zoo.networks.shufflenet_v1 import ShuffleNetV1

THIN = 10 * BINS**2  # channels of the map that the proposals are cut from (section 3.1)
KERNEL = 15
ANCHORS = 15  # five sizes, three shapes
HIDDEN = 2048
REPEATS_101 = (3, 4, 23, 3)


class LargeSeparable(nn.Module):
    """A 15x1 and a 1x15 convolution in turn, in both orders, added (figure 3); with biases, without activation.

    ``x -> [15x1 (middle) -> 1x15 (490)] + [1x15 (middle) -> 15x1 (490)]``
    """

    def __init__(self, inputs: int, middle: int) -> None:
        super().__init__()
        tall, half = (KERNEL, 1), KERNEL // 2
        self.tall_first = self._pair(inputs, middle, tall, (half, 0))
        self.wide_first = self._pair(inputs, middle, tall[::-1], (0, half))

    @staticmethod
    def _pair(inputs: int, middle: int, kernel: tuple[int, int], padding: tuple[int, int]) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, middle, kernel, padding=padding),
            nn.Conv2d(middle, THIN, kernel[::-1], padding=padding[::-1]),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x h x w -> N x 490 x h x w``."""
        tall: Tensor = self.tall_first(x)
        wide: Tensor = self.wide_first(x)
        return wide + tall


class LightHeadRCNN(nn.Module):
    """Figure 2, on a backbone in two parts, to C4 at stride 16 and on to C5.

    ``N x 3 x H x W`` to ``N x 30 x H/16 x W/16`` scores and ``N x 60 x H/16 x W/16`` boxes of anchors, and
    ``N x P x num_classes`` scores and ``N x P x boxes`` boxes of proposals.
    """

    def __init__(
        self,
        parts: tuple[nn.Module, nn.Module],
        channels: tuple[int, int],
        rpn: int,
        middle: int,
        boxes: int,
        num_classes: int,
        proposals: int,
    ) -> None:
        super().__init__()
        self.to_c4, self.to_c5 = parts
        self.rpn = nn.Sequential(nn.Conv2d(channels[0], rpn, 3, padding=1), relu())
        self.anchor_scores = nn.Conv2d(rpn, 2 * ANCHORS, 1)
        self.anchor_boxes = nn.Conv2d(rpn, 4 * ANCHORS, 1)
        self.thin = nn.Sequential(LargeSeparable(channels[1], middle), relu())
        self.align = PositionSensitiveAlign(spread_boxes(proposals), padding="zeros")
        self.hidden = nn.Sequential(nn.Linear(THIN, HIDDEN), relu())
        self.classes = nn.Linear(HIDDEN, num_classes)
        self.boxes = nn.Linear(HIDDEN, boxes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Anchors' scores and boxes, proposals' scores and boxes; any H and W."""
        c4 = self.to_c4(x)
        c5 = self.to_c5(c4)
        anchors = self.rpn(c4)
        scores, boxes = self.anchor_scores(anchors), self.anchor_boxes(anchors)
        y = self.hidden(self.align(self.thin(c5)))
        return scores, boxes, self.classes(y), self.boxes(y)


def dilated_layers(inputs: int, width: int) -> nn.Sequential:
    """A bottleneck whose 3x3 filters skip every other pixel, in place of a stride."""
    spread = nn.Conv2d(width, width, 3, padding=2, dilation=2, bias=False)
    return nn.Sequential(
        pointwise(inputs, width),
        nn.Sequential(spread, nn.BatchNorm2d(width), relu()),
        pointwise(width, 4 * width, activation=None),
    )


def resnet101_parts() -> tuple[nn.Module, nn.Module]:
    """ResNet-101 to conv4_x at stride 16, and conv5_x, which stays there with dilated filters."""
    blocks: list[nn.Module] = []
    channels = 64
    for stage, (width, count) in enumerate(zip(WIDTHS, REPEATS_101, strict=True)):
        for index in range(count):
            stride = 2 if index == 0 and stage in (1, 2) else 1
            layers = (
                dilated_layers(channels, width)
                if stage == 3
                else bottleneck_layers(channels, width, 4 * width, stride=stride)
            )
            blocks.append(Residual(channels, 4 * width, stride, layers))
            channels = 4 * width
    c5 = REPEATS_101[3]
    return nn.Sequential(conv_norm(3, 64, 7, stride=2), stem_pool(), *blocks[:-c5]), nn.Sequential(
        *blocks[-c5:]
    )


def xception_parts() -> tuple[nn.Module, nn.Module]:
    """The small backbone of Table 7: bottlenecks of depthwise filters, the rows of ShuffleNet V1 with one group."""
    network = ShuffleNetV1(1, 1.0, 1)
    c5 = XCEPTION_REPEATS[-1]
    return nn.Sequential(network.stem, network.stages[:-c5]), network.stages[-c5:]


def light_head_rcnn_resnet101(num_classes: int = 81, proposals: int = 1000) -> nn.Module:
    """Setting L (section 3.2), as the authors' code has it: a box a class; ``num_classes`` with the background."""
    return LightHeadRCNN(resnet101_parts(), (1024, 2048), 512, 256, 4 * num_classes, num_classes, proposals)


def light_head_rcnn_xception(num_classes: int = 81, proposals: int = 1000) -> nn.Module:
    """Setting S (sections 3.2 and 4.4): C5 at stride 32, a box for all classes; ``num_classes`` with the background."""
    return LightHeadRCNN(xception_parts(), (288, 576), 256, 64, 4, num_classes, proposals)
