"""What a machine can do and resolve just now: what ``cnnprof env --measure`` finds."""

from __future__ import annotations

from dataclasses import dataclass

from cnnprof.records.ceilings import Ceilings
from cnnprof.records.environment import Environment


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """Limits for each dtype, and a network timed against itself.

    ``resolution`` is the smallest difference, as a fraction, that stands out from no difference (0.02 is 2%); None
    where too few rounds were undisturbed to tell. ``rounds`` were run, ``disturbed_rounds`` of them beside other work.
    ``stolen_share`` is the part of the cores' time that the hypervisor gave to others meanwhile.
    ``interrupted``: Ctrl-C ended the timing, and the rest is what had been measured.
    """

    environment: Environment
    threads: int
    ceilings: tuple[Ceilings, ...]
    network: str
    resolution: float | None
    rounds: int
    disturbed_rounds: int
    spent_s: float
    stolen_share: float | None
    verdict: str
    advice: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
