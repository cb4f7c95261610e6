"""Where the time of a forward pass goes, by the runtime's own counters, set beside the ops that were counted."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class LayerTime:
    """One piece of work as the runtime ran it.

    ``name`` is what the runtime calls it. ``ops`` are the places in ``Graph.ops`` of all that it computes, several
    where the runtime fused them, none where it is not known; ``paths`` the modules they belong to, once each.
    ``seconds`` is one value for each profiled call, in the order of the calls.
    """

    name: str
    paths: tuple[str, ...]
    ops: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle one of the profiled calls, in seconds."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class LayerTimes:
    """All layers in the order they ran. ``total`` is the wall time in seconds of each profiled call, layers and the
    rest together; the counters themselves slow a call, so it may exceed the latency measured without them.
    """

    runtime: str
    layers: tuple[LayerTime, ...]
    total: tuple[float, ...]
    warnings: tuple[str, ...] = ()

    @property
    def outside(self) -> tuple[float, ...]:
        """Seconds of each profiled call that belong to no layer: dispatch, waiting, the caller's own code."""
        inside = [sum(layer.seconds[call] for layer in self.layers) for call in range(len(self.total))]
        return tuple(whole - parts for whole, parts in zip(self.total, inside, strict=True))
