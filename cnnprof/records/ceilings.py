"""What this machine can do at best, as it was measured: the limits that a roofline is drawn with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """The highest rate that was seen, a second; ``by`` says what reached it."""

    per_s: float
    by: str


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Measured limits of one device at one dtype and number of threads.

    ``macs``: multiply-accumulates. ``memory``: bytes that move between memory and cores, counted as the ops name them
    (a copy reads and writes its tensor once each; lines that the hardware fetches before it overwrites them are not
    counted). ``cache``: the same where the data is as near to the cores as it can be; None where that was not
    measured. ``overhead_s``: one call of a torch module with next to nothing to do, in seconds. ``capacity_bytes``: the
    largest cache, None where the machine does not tell. ``disturbed``: why the limits may be too low, or empty.
    """

    dtype: str
    threads: int
    device: str
    macs: Rate
    memory: Rate
    cache: Rate | None
    overhead_s: float
    capacity_bytes: int | None = None
    spent_s: float = 0.0
    disturbed: str = ""

    @property
    def doubt(self) -> str:
        """What to know before leaning on them; empty where there is nothing."""
        return f"the measured limits may be too low: {self.disturbed}" if self.disturbed else ""


def highest(first: Ceilings, second: Ceilings) -> Ceilings:
    """Of two measurements of the same device the higher of each limit: a limit is the best that was seen."""
    caches = [found.cache for found in (first, second) if found.cache is not None]
    return Ceilings(
        dtype=first.dtype,
        threads=first.threads,
        device=first.device,
        macs=higher(first.macs, second.macs),
        memory=higher(first.memory, second.memory),
        cache=higher(*caches) if len(caches) == 2 else None,
        overhead_s=min(first.overhead_s, second.overhead_s),
        capacity_bytes=first.capacity_bytes,
        spent_s=first.spent_s + second.spent_s,
        disturbed=first.disturbed and second.disturbed,
    )


def higher(first: Rate, second: Rate) -> Rate:
    """The one with more a second."""
    return max(first, second, key=lambda rate: rate.per_s)
