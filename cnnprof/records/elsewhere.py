"""Latencies published of devices that are not here, and how well counts rank networks on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from cnnprof.records.ranking import Correlation


@dataclass(frozen=True, slots=True)
class Device:
    """Latencies published of one device at one setting: milliseconds by network. ``kind`` is ``CPU`` or ``GPU``.

    ``batch`` is how many images ran at once: weights are read once for all of them.
    """

    title: str
    kind: str
    source: str
    setting: str
    milliseconds: Mapping[str, float]
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well each count ranks the networks on one device; ``correlations`` are one a count."""

    device: Device
    models: tuple[str, ...]
    correlations: tuple[Correlation, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Rankings of all networks and of the light ones among them, on devices that are not here."""

    rankings: tuple[Ranking, ...]
    light: tuple[Ranking, ...]
    light_macs: int

    def median(self, column: str, kind: str, light: bool) -> Correlation | None:
        """The medians over the devices of one kind of one count's correlations; ``models`` are those devices.

        None where the count orders nothing on any of them.
        """
        rankings = [r for r in (self.light if light else self.rankings) if r.device.kind == kind]
        found = [c for r in rankings for c in r.correlations if c.column == column]
        taus = [c.tau for c in found if c.tau is not None]
        if not taus:
            return None
        return Correlation(column, len(found), median(c.rho for c in found), tau=median(taus))
