"""Why one network takes longer than another: the gap in parts that add up to it."""

from __future__ import annotations

from dataclasses import dataclass

from cnnprof.records.timing import Ratio

CAUSES = ("arithmetic", "memory", "overhead", "efficiency")


@dataclass(frozen=True, slots=True)
class KindWork:
    """All layers of one kind of op in one network.

    ``compute_s`` and ``memory_s`` are the seconds at the machine's measured limits, the first over the layers that
    are bound by their arithmetic, the second over those bound by their bytes. ``seconds`` is one value for each
    profiled call. ``points`` are the layers one by one: seconds at the limits, and as timed in each profiled call.
    """

    kind: str
    layers: int
    macs: int
    memory_bytes: int
    compute_s: float
    memory_s: float
    seconds: tuple[float, ...]
    points: tuple[tuple[float, tuple[float, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TimedNetwork:
    """One network as it was timed, in turns with the other: calls without counters, and calls with them.

    ``rounds`` and ``profiled_rounds`` are the rounds of the calls, -1 for one that no statistic uses.
    """

    model: str
    macs: int
    memory_bytes: int
    seconds: tuple[float, ...]
    rounds: tuple[int, ...]
    profiled: tuple[float, ...]
    profiled_rounds: tuple[int, ...]
    kinds: tuple[KindWork, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A difference in seconds with its 95% interval; None for both ends where there were too few rounds for one."""

    seconds: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of op adds to the gap, and by which cause; the four causes add up to ``difference``.

    ``times``, ``layers``, ``macs`` and ``memory_bytes`` are those of the two networks, in seconds and numbers.
    ``layer_overhead_s`` is the overhead of one layer of the kind.
    """

    kind: str
    difference: Amount
    arithmetic: Amount
    memory: Amount
    overhead: Amount
    efficiency: Amount
    times: tuple[float, float]
    layers: tuple[int, int]
    macs: tuple[int, int] = (0, 0)
    memory_bytes: tuple[int, int] = (0, 0)
    layer_overhead_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """The gap between two networks, the second less the first, in parts by kind; ``total`` is their sum.

    ``ratio`` is that of the calls without counters, second to first, from paired turns; ``latencies`` are those of
    the parts' sum, without counters. ``slowdowns`` say what the counters cost each. ``scales`` are the factors by which
    the layers' times had to shrink to fit the call without counters: 1 where they fit. ``macs_per_s`` and
    ``bytes_per_s`` are the limits that work was weighed with.
    """

    models: tuple[str, str]
    runtime: str
    ratio: Ratio
    latencies: tuple[float, float]
    total: Part
    parts: tuple[Part, ...]
    slowdowns: tuple[Ratio, Ratio]
    scales: tuple[float, float]
    macs_per_s: float
    bytes_per_s: float
    rounds: int
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
