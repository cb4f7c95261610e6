"""How a network stands to the four guidelines of ShuffleNet V2 (Ma et al. 2018, section 2), by bytes and by time."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class PointwiseLayer:
    """One 1x1 convolution: its memory access in elements (equations 1 and 2) and what that could be.

    ``positions`` are output positions of the whole batch, the paper's ``h w``. ``bound`` is the least memory access of
    any dense 1x1 convolution of as many macs; ``added`` what the groups cost beside a dense one of as many macs.
    """

    path: str
    module: str
    positions: int
    inputs: int
    outputs: int
    groups: int
    macs: int
    elements: int
    bound: float
    added: int
    element_bytes: int

    @property
    def ratio(self) -> float:
        """Memory access over its lower bound: 1 at equal channels and no groups."""
        return self.elements / self.bound

    @property
    def unbalanced(self) -> float:
        """Elements above those of equal channels at the same macs and groups: ``h w (sqrt(c1) - sqrt(c2))^2``."""
        return self.positions * (sqrt(self.inputs) - sqrt(self.outputs)) ** 2


@dataclass(frozen=True, slots=True)
class Block:
    """What runs between one point that every value passes and the next, where there is more than one way.

    ``operations`` are all that compute or copy, ``fragments`` the convolutions, linear layers and poolings among them;
    ``branches`` is the largest number of tensors waiting side by side. ``saved_bytes`` is what the branches read again
    and what is copied to join them. ``seconds`` is the time of its operations, ``small_s`` that of the ``small`` ones
    among them, which take less than the network's operations on average; None where it was not timed.
    """

    path: str
    module: str
    operations: int
    fragments: int
    branches: int
    macs: int
    memory_bytes: int
    saved_bytes: int
    seconds: float | None = None
    small: int | None = None
    small_s: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One group of ops and what all of them cost; groups add up to the network, and ``seconds`` to its layers."""

    group: str
    operations: int
    macs: int
    flops: int
    memory_bytes: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from a guideline: where, how much, the equation behind it, and what the paper does instead.

    ``saved_s`` is the part of its time that ``saved_bytes`` is of its memory access; None where it was not timed.
    """

    guideline: str
    path: str
    module: str
    figure: str
    equation: str
    instead: str
    saved_bytes: int
    saved_s: float | None = None


@dataclass(frozen=True, slots=True)
class Guidelines:
    """G1 and G2 for each pointwise convolution, G3 for each block, G4 for each group of ops.

    ``findings`` are sorted by the time they could save, or the bytes where nothing was timed; those of one guideline
    may overlap those of another.
    """

    pointwise: tuple[PointwiseLayer, ...]
    blocks: tuple[Block, ...]
    shares: tuple[Share, ...]
    findings: tuple[Finding, ...]
