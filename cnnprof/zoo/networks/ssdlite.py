"""SSDLite: SSD with separable convolutions (MobileNetV2, section 6.2, arXiv:1801.04381).

Networks end at the raw outputs of their heads: no default boxes, no box decoding, no non-maximum suppression.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from torch import Tensor, nn

from cnnprof.zoo.networks import layers
from cnnprof.zoo.networks.backbone import FeatureMaps, find_cuts, zoo_backbone
from cnnprof.zoo.networks.layers import relu6
from cnnprof.zoo.networks.mobilenet_v3 import LARGE, MobileNetV3
from cnnprof.zoo.networks.ssd import BoxesAndClasses

# Both references have this epsilon in every batch norm.
EPS = 1e-3
depthwise = partial(layers.depthwise, activation=relu6, eps=EPS)
pointwise = partial(layers.pointwise, activation=relu6, eps=EPS)

# Channels of the four maps behind the backbone's; each halves the one before.
EXTRAS = (512, 256, 256, 128)
# Default boxes at each position of the six maps. The authors' code has three on the finest map.
ANCHORS = (3, 6, 6, 6, 6, 6)
ANCHORS_TORCHVISION = (6, 6, 6, 6, 6, 6)


def extra(inputs: int, outputs: int) -> nn.Sequential:
    """``x -> 1x1 (outputs / 2) -> 3x3/2 depthwise -> 1x1 (outputs)``."""
    half = outputs // 2
    return nn.Sequential(pointwise(inputs, half), depthwise(half, 3, stride=2), pointwise(half, outputs))


def head(inputs: int, outputs: int) -> nn.Sequential:
    """``x -> 3x3 depthwise -> 1x1 (outputs)``, the last with bias and nothing behind it."""
    return nn.Sequential(depthwise(inputs, 3), nn.Conv2d(inputs, outputs, 1))


class SSDLite(nn.Module):
    """Heads on a backbone's maps at strides 16 and 32 and on four more.

    ``N x 3 x H x W -> N x boxes x 4, N x boxes x num_classes``, before sigmoid or softmax.
    """

    def __init__(self, backbone: FeatureMaps, anchors: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        channels = [*backbone.channels[1:], *EXTRAS]
        self.extras = nn.ModuleList(extra(c, outputs) for c, outputs in pairwise(channels[1:]))
        boxes, classes = (
            [head(c, a * columns) for c, a in zip(channels, anchors, strict=True)]
            for columns in (4, num_classes)
        )
        self.heads = BoxesAndClasses(boxes, classes, num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``N x 3 x H x W`` to raw boxes and classes, for any H and W that the backbone takes."""
        maps = self.backbone(x)[1:]
        for block in self.extras:
            maps.append(block(maps[-1]))
        boxes, classes = self.heads(maps)
        return boxes, classes


def ssdlite(backbone: str = "mobilenet_v2", num_classes: int = 91) -> nn.Module:
    """SSDLite on any classifier of the zoo that has maps at strides 8, 16 and 32: ``backbone="ghostnet"``.

    The map at stride 16 is the expanded one in the block that strides, where that block has no shortcut.
    """
    return SSDLite(zoo_backbone(backbone, inside_blocks=True), ANCHORS, num_classes)


def ssdlite320_mobilenet_v2(num_classes: int = 91) -> nn.Module:
    """SSDLite on MobileNetV2 as the authors' TensorFlow code has it."""
    network = ssdlite("mobilenet_v2", num_classes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = EPS
    return network


def reduced_mobilenet_v3_large() -> nn.Module:
    """MobileNet V3-Large with the channels behind stride 16 halved (arXiv:1905.02244, section 6.3)."""
    reduced = [
        (kernel, expanded if stride == 2 else expanded // 2, outputs // 2, attention, activation, stride)
        for kernel, expanded, outputs, attention, activation, stride in LARGE[12:]
    ]
    return MobileNetV3((*LARGE[:12], *reduced), 640, 1.0, 1000, 0.2)


def ssdlite320_mobilenet_v3_large(num_classes: int = 91) -> nn.Module:
    """SSDLite on the reduced MobileNet V3-Large, as torchvision has it."""
    name = "ssdlite320_mobilenet_v3_large"
    cuts = find_cuts(name, reduced_mobilenet_v3_large, inside_blocks=True)
    backbone = FeatureMaps(reduced_mobilenet_v3_large(), cuts)
    return SSDLite(backbone, ANCHORS_TORCHVISION, num_classes)
