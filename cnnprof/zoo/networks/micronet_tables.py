"""Layers of MicroNet-M0 to M3 (Li et al. 2021, arXiv:2108.05894)."""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """A row of the authors' tables (backbone/microconfig.py of liyunsheng13/micronet).

    ``expand`` holds two factors. Their product is the expansion; in a block without a first 1x1 convolution
    they are the filters that each channel gets in the two halves of the depthwise one. ``groups_in`` and
    ``groups_out`` are the groups of the first and last 1x1 convolution and of the shuffle after it; 0: none.
    ``dynamic`` says for each of the three activations: 0 plain, 1 a shift-sum, 2 a shift-max. ``reduction``
    multiplies the reduction in their attention.
    """

    stride: int
    outputs: int
    kernel: int
    expand: tuple[int, int]
    groups_in: tuple[int, int]
    groups_out: tuple[int, int]
    dynamic: tuple[int, int, int]
    reduction: int


class Config(NamedTuple):
    """One network: stem, blocks, width of the head, dropout, and how Dynamic Shift-Max starts.

    ``stem`` holds the filters of the 3x1 convolution, and of the 1x3 one for each of them. ``scales`` and
    ``shifts`` are added to the multipliers of a channel and of its shifted neighbour, in the two fusions.
    """

    stem: tuple[int, int]
    blocks: tuple[Block, ...]
    head: int
    dropout: float
    scales: tuple[float, float] = (1.0, 1.0)
    shifts: tuple[float, float] = (0.0, 0.0)


ALL, EARLY, MIDDLE = (2, 2, 1), (2, 0, 1), (0, 2, 0)
# The last block of each network has no second 1x1 convolution.
CONFIGS = {
    "m0": Config(
        (2, 2),
        (
            Block(2, 8, 3, (2, 2), (0, 4), (2, 2), EARLY, 1),
            Block(2, 12, 3, (2, 2), (0, 8), (4, 4), ALL, 1),
            Block(2, 16, 5, (2, 2), (0, 12), (4, 4), ALL, 1),
            Block(1, 32, 5, (1, 4), (4, 4), (4, 4), ALL, 1),
            Block(2, 64, 5, (1, 4), (8, 8), (8, 8), ALL, 1),
            Block(1, 96, 3, (1, 4), (8, 8), (8, 8), ALL, 2),
            Block(1, 384, 3, (1, 4), (12, 12), (0, 0), ALL, 2),
        ),
        640,
        0.05,
    ),
    "m1": Config(
        (3, 2),
        (
            Block(2, 8, 3, (2, 2), (0, 6), (2, 2), EARLY, 1),
            Block(2, 16, 3, (2, 2), (0, 8), (4, 4), ALL, 1),
            Block(2, 16, 5, (2, 2), (0, 16), (4, 4), ALL, 1),
            Block(1, 32, 5, (1, 6), (4, 4), (4, 4), ALL, 1),
            Block(2, 64, 5, (1, 6), (8, 8), (8, 8), ALL, 1),
            Block(1, 96, 3, (1, 6), (8, 8), (8, 8), ALL, 2),
            Block(1, 576, 3, (1, 6), (12, 12), (0, 0), ALL, 2),
        ),
        960,
        0.05,
    ),
    "m2": Config(
        (4, 2),
        (
            Block(2, 12, 3, (2, 2), (0, 8), (4, 4), EARLY, 1),
            Block(2, 16, 3, (2, 2), (0, 12), (4, 4), ALL, 1),
            Block(1, 24, 3, (2, 2), (0, 16), (4, 4), ALL, 1),
            Block(2, 32, 5, (1, 6), (6, 6), (4, 4), ALL, 1),
            Block(1, 32, 5, (1, 6), (8, 8), (4, 4), ALL, 2),
            Block(1, 64, 5, (1, 6), (8, 8), (8, 8), ALL, 2),
            Block(2, 96, 5, (1, 6), (8, 8), (8, 8), ALL, 2),
            Block(1, 128, 3, (1, 6), (12, 12), (8, 8), ALL, 2),
            Block(1, 768, 3, (1, 6), (16, 16), (0, 0), ALL, 2),
        ),
        1024,
        0.1,
    ),
    "m3": Config(
        (4, 3),
        (
            Block(2, 16, 3, (2, 2), (0, 12), (4, 4), MIDDLE, 1),
            Block(2, 24, 3, (2, 2), (0, 16), (4, 4), MIDDLE, 1),
            Block(1, 24, 3, (2, 2), (0, 24), (4, 4), MIDDLE, 1),
            Block(2, 32, 5, (1, 6), (6, 6), (4, 4), MIDDLE, 1),
            Block(1, 32, 5, (1, 6), (8, 8), (4, 4), MIDDLE, 2),
            Block(1, 64, 5, (1, 6), (8, 8), (8, 8), MIDDLE, 2),
            Block(1, 80, 5, (1, 6), (8, 8), (8, 8), MIDDLE, 2),
            Block(1, 80, 5, (1, 6), (10, 10), (8, 8), MIDDLE, 2),
            Block(2, 120, 5, (1, 6), (10, 10), (10, 10), MIDDLE, 2),
            Block(1, 120, 5, (1, 6), (12, 12), (10, 10), MIDDLE, 2),
            Block(1, 144, 3, (1, 6), (12, 12), (12, 12), MIDDLE, 2),
            Block(1, 864, 3, (1, 6), (12, 12), (0, 0), MIDDLE, 2),
        ),
        1024,
        0.1,
        scales=(1.0, 0.5),
        shifts=(0.0, 0.5),
    ),
}
