"""Second stages on a fixed number of proposals, and the position-sensitive RoI align that feeds them.

A detector's proposals depend on its weights. Here they are boxes spread over the image, as many as its paper takes
at test time, so that the second stage costs what it costs there without decoding or suppressing any box.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BINS = 7  # a side: both detectors split a proposal into 7 x 7
SAMPLES = 2  # a side of a bin


def spread_boxes(count: int) -> Tensor:
    """``count x 4``: left, top, right and bottom as parts of the image, 10 % to 50 % of it wide and high.

    Additive recurrences by irrational steps, so that corners and sizes cover the image without repeating.
    """
    if count < 1:
        raise ValueError(f"proposals must be at least 1, not {count}")
    index = torch.arange(count, dtype=torch.float32)
    left, top = 0.5 * torch.remainder(0.7549 * index, 1), 0.5 * torch.remainder(0.5698 * index, 1)
    width, height = (0.1 + 0.4 * torch.remainder(step * index, 1) for step in (0.6180, 0.8192))
    return torch.stack((left, top, left + width, top + height), 1)


class PositionSensitiveAlign(nn.Module):
    """Bin (i, j) of each proposal sees channels of its own, at 2 x 2 points, and keeps the largest value.

    ``N x (D 49) x H x W -> N x P x (D 49)``: channel ``(d 7 + i) 7 + j`` of the map goes to bin (i, j) of depth d.
    Stands for the CUDA layers of the authors' code, with ``F.grid_sample`` for their bilinear reads. A point at x
    of the image's width W' is read at ``x W / W'`` of the map, without half a pixel's offset, as they do; outside
    the map, ``padding`` is "zeros" (Light-Head R-CNN) or "border" (ThunderNet).
    """

    across: Tensor
    down: Tensor

    def __init__(self, boxes: Tensor, padding: str) -> None:
        super().__init__()
        self.padding = padding
        points = BINS * SAMPLES
        parts = (torch.arange(points, dtype=boxes.dtype, device=boxes.device) + 0.5) / points
        left, top, right, bottom = (boxes[:, side, None] for side in range(4))
        # P x 7 x 2 each: where the sampled columns and rows of each proposal lie, as parts of the image.
        self.register_buffer("across", (left + (right - left) * parts).view(-1, BINS, SAMPLES), False)
        self.register_buffer("down", (top + (bottom - top) * parts).view(-1, BINS, SAMPLES), False)

    def forward(self, x: Tensor) -> Tensor:
        """``N x (D 49) x H x W -> N x P x (D 49)``."""
        batch, channels, height, width = x.shape
        bins, depth, count = BINS * BINS, channels // BINS**2, self.across.shape[0]
        # One map a bin, all images and depths in its channels: a proposal is read once for all of them.
        maps = x.view(batch, depth, bins, height, width).permute(2, 0, 1, 3, 4)
        maps = maps.reshape(bins, batch * depth, height, width)
        read = F.grid_sample(
            maps, self._points(height, width), mode="bilinear", padding_mode=self.padding, align_corners=True
        )
        largest = read.amax(-1).view(bins, batch, depth, count)
        return largest.permute(1, 3, 2, 0).reshape(batch, count, channels)

    def _points(self, height: int, width: int) -> Tensor:
        """``49 x P x 4 x 2``: x and y of the points of each bin, where -1 and 1 are a map's outer pixel centres."""
        columns = (self.across * (2 * width / max(width - 1, 1)) - 1).permute(1, 0, 2)[None, :, :, None, :]
        rows = (self.down * (2 * height / max(height - 1, 1)) - 1).permute(1, 0, 2)[:, None, :, :, None]
        count = self.across.shape[0]
        shape = (BINS, BINS, count, SAMPLES, SAMPLES)
        grid = torch.stack((columns.expand(shape), rows.expand(shape)), -1)
        return grid.reshape(BINS**2, count, SAMPLES**2, 2)
