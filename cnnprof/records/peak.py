"""What is alive while a network runs, op by op, and at the worst moment: weights are not in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveTensor:
    """A tensor that is in memory: what wrote it last, its shape, and the bytes of the memory behind it.

    ``path`` and ``kind`` are those of the op that wrote it; a network's input has the kind ``input``.
    """

    path: str
    kind: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int


@dataclass(frozen=True, slots=True)
class MemoryOrder:
    """One way to run the network: ``live_bytes[i]`` are alive while step ``i`` runs, which ends with the op at
    ``places[i]`` of the graph.

    ``step`` is the first at the peak, ``path`` and ``kind`` those of its ops; ``alive`` are the tensors of that moment,
    the largest first, what is being written included.
    """

    order: str
    step: int
    path: str
    kind: str
    alive: tuple[LiveTensor, ...]
    places: tuple[int, ...]
    live_bytes: tuple[int, ...]

    @property
    def peak_bytes(self) -> int:
        """The largest sum of live tensors."""
        return self.live_bytes[self.step]


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """The orders from the one as executed to the leanest; ``weight_bytes`` are in memory all the time besides."""

    orders: tuple[MemoryOrder, ...]
    weight_bytes: int
