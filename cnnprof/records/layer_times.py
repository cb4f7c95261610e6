"""Where the time of a forward pass goes, by the runtime's own counters, set beside the ops that were counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from cnnprof.records.timing import Ratio

OUTSIDE = "(outside layers)"  # what a call takes besides
ONE_BY_ONE = frozenset({"eager", "fake", "fake-wide"})  # runtimes that run each op by itself


def bytes_by(runtime: str) -> str:
    """The count of bytes that fits how a runtime runs ops: one by one, or fused."""
    return "memory_bytes" if runtime in ONE_BY_ONE else "memory_fused_bytes"


@dataclass(frozen=True, slots=True)
class RuntimeLayer:
    """One row of a runtime's own counters: its name for the work, the modules and op types that it computes as far as
    the runtime tells, and seconds for each profiled call.

    The path ``""`` is the network itself; where there is no path, the module is not known.
    """

    name: str
    paths: tuple[str, ...]
    types: tuple[str, ...]
    seconds: tuple[float, ...]


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


@dataclass(frozen=True, slots=True)
class LayerTimes:
    """All layers in the order they ran. ``total`` is the wall time in seconds of each profiled call, layers and the
    rest together; the counters themselves slow a call, so it may exceed the latency measured without them.

    ``slowdown`` is the time of a profiled call over that of one without counters, taken in turns. ``counted`` are the
    places of the calls that statistics are drawn from, all where it is empty. ``bandwidth`` is the bytes a second that
    memory delivered here, None where that was not measured: a layer above it works from cache.
    """

    runtime: str
    layers: tuple[LayerTime, ...]
    total: tuple[float, ...]
    slowdown: Ratio | None = None
    counted: tuple[int, ...] = ()
    bandwidth: float | None = None

    @property
    def bytes_by(self) -> str:
        """The count of bytes that the layers move: op by op, or with what is fused into its producer."""
        return bytes_by(self.runtime)

    @property
    def outside(self) -> tuple[float, ...]:
        """Seconds of each profiled call that belong to no layer: dispatch, waiting, the caller's own code."""
        inside = [sum(layer.seconds[call] for layer in self.layers) for call in range(len(self.total))]
        return tuple(whole - parts for whole, parts in zip(self.total, inside, strict=True))

    def typical(self, seconds: Sequence[float]) -> float:
        """Mean over the counted calls, in seconds: unlike medians, those of the parts add up to that of the whole."""
        return fmean([seconds[call] for call in self.counted] if self.counted else seconds)
