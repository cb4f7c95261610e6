"""How far a network is from what the machine could do: each layer under its roof, and the floor of the whole."""

from __future__ import annotations

from dataclasses import dataclass

from cnnprof.records.ceilings import Ceilings

BOUNDS = ("compute", "memory", "overhead")


@dataclass(frozen=True, slots=True)
class LayerRoofline:
    """One layer as the runtime runs it: an op, or several that are fused. ``ops`` are places in the graph.

    ``moved_bytes`` are those that it reads and writes. ``compute_s`` and ``memory_s`` are the seconds that its macs and
    its bytes take at the measured limits, every byte from memory; ``overhead_s`` what calling its ops takes. ``bound``
    names the longest of the three. ``seconds`` is the time by the runtime's own counters, None where it was not taken.
    """

    path: str
    kind: str
    group: str
    ops: tuple[int, ...]
    macs: int
    moved_bytes: int
    compute_s: float
    memory_s: float
    overhead_s: float
    bound: str
    seconds: float | None = None

    @property
    def roof_s(self) -> float:
        """The roofline model's time: compute and memory overlap, so the longer of the two (Williams et al. 2009)."""
        return max(self.compute_s, self.memory_s)

    @property
    def intensity(self) -> float | None:
        """Multiply-accumulates per byte moved; None where nothing moves."""
        return self.macs / self.moved_bytes if self.moved_bytes else None

    @property
    def macs_per_s(self) -> float | None:
        """What was achieved; None where it was not timed."""
        return self.macs / self.seconds if self.seconds else None

    @property
    def bytes_per_s(self) -> float | None:
        """What was achieved; None where it was not timed."""
        return self.moved_bytes / self.seconds if self.seconds else None

    @property
    def from_cache(self) -> bool:
        """Whether it was faster than its bytes could have come from memory."""
        return self.seconds is not None and self.seconds < self.memory_s

    @property
    def over_peak(self) -> bool:
        """Whether it was faster than its macs at the measured peak: fewer products (Winograd), or a peak too low."""
        return self.seconds is not None and self.seconds < self.compute_s


@dataclass(frozen=True, slots=True)
class Roofline:
    """A whole network on one runtime.

    ``floor_s`` is the physical floor in seconds, whatever a runtime fuses and wherever its data lies: each convolution
    and linear layer takes at least its macs at the peak and its inputs, outputs and weights at the cache's rate, and
    what of the network's weights, inputs and outputs no cache holds comes from memory. ``bytes_by`` names the count
    that the layers' bytes are taken from.
    """

    ceilings: Ceilings
    bytes_by: str
    layers: tuple[LayerRoofline, ...]
    floor_s: float

    @property
    def roof_s(self) -> float:
        """Seconds where each layer keeps under its roof, one after another, every byte from memory."""
        return sum(layer.roof_s for layer in self.layers)

    @property
    def overhead_s(self) -> float:
        """Seconds that calling the ops takes; 0 where a runtime does not call them one by one."""
        return sum(layer.overhead_s for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers."""
        return sum(layer.macs for layer in self.layers)

    @property
    def moved_bytes(self) -> int:
        """Bytes that all layers read and write."""
        return sum(layer.moved_bytes for layer in self.layers)

    @property
    def intensity(self) -> float | None:
        """Multiply-accumulates per byte moved; None where nothing moves."""
        return self.macs / self.moved_bytes if self.moved_bytes else None

    @property
    def bound(self) -> str:
        """Where most of the time at the bounds goes."""
        return max(BOUNDS, key=self.bound_s)

    def bound_s(self, bound: str) -> float:
        """Seconds of the layers with that bound, each by the limit that it is bound by."""
        return sum(max(layer.roof_s, layer.overhead_s) for layer in self.layers if layer.bound == bound)
