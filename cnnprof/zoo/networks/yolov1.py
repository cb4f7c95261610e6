"""YOLO, the first version (Redmon et al. 2015, arXiv:1506.02640)."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.zoo.networks.darknet import leaky
from cnnprof.zoo.networks.detection import Maps, shown

# Figure 3: kernel and width of the convolutions between max pools; two of stride 2 stand in the lists below.
STAGES = (
    ((7, 64),),
    ((3, 192),),
    ((1, 128), (3, 256), (1, 256), (3, 512)),
    (*((1, 256), (3, 512)) * 4, (1, 512), (3, 1024)),
    (*((1, 512), (3, 1024)) * 2, (3, 1024), (3, 1024), (3, 1024), (3, 1024)),
)
STRIDED = ((0, 0), (4, 5))  # stage and place of the convolutions of stride 2
SIDE, CELLS, BOXES = 448, 7, 2  # input, grid (S) and boxes a cell (B), section 2


class YoloV1(nn.Module):
    """Figure 3: ``N x 3 x 448 x 448`` to ``N x 7 * 7 * (5 * 2 + num_classes)``; no batch norm, no box decoding.

    24 convolutions with bias and leaky ReLU, two linear layers; the last one is linear.
    """

    def __init__(self, num_classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for stage, convs in enumerate(STAGES):
            for place, (kernel, width) in enumerate(convs):
                stride = 2 if (stage, place) in STRIDED else 1
                layers += [nn.Conv2d(inputs, width, kernel, stride, kernel // 2), leaky()]
                inputs = width
            if convs is not STAGES[-1]:
                layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Linear(inputs * CELLS * CELLS, 4096),
            leaky(),
            nn.Dropout(dropout),
            nn.Linear(4096, CELLS * CELLS * (5 * BOXES + num_classes)),
        )

    def forward(self, x: Tensor) -> Maps:
        """One raw row of numbers an image; ValueError at other inputs than 448x448."""
        if tuple(x.shape[2:]) != (SIDE, SIDE):
            raise ValueError(f"input {shown(x)}: sides must be {SIDE}, the linear layers take no other map")
        return [self.head(self.features(x).flatten(1))]


def yolov1(num_classes: int = 20, dropout: float = 0.5) -> nn.Module:
    """YOLO as published in 2015, up to its raw output: no box decoding, no NMS."""
    return YoloV1(num_classes, dropout)
