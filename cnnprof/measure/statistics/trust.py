"""How far timings of this machine can be trusted just now, and what would help: from a network timed against itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from cnnprof.records.environment import Environment
from cnnprof.records.timing import Measurement, Ratio

FINE = 0.02  # a resolution that needs no advice
OFTEN = 0.2  # of the rounds
STOLEN = 0.01


def resolution(measurement: Measurement, pair: Ratio) -> float | None:
    """The larger of what the twin and a second copy of the network differ by; None where neither could be told.

    Both are the far end of a 95% interval around no difference.
    """
    if measurement.floor is None or pair.pairs == 0:
        return None
    return max(measurement.floor, pair.high - 1, 1 / pair.low - 1)


def verdict(found: float | None) -> str:
    """One plain sentence; percent are rounded up to a tenth."""
    if found is None:
        return (
            "not fit to compare models now: too few rounds were undisturbed to compare a network with itself"
        )
    return f"good for differences above {ceil(found * 1000 - 1e-9) / 10:g} %"


def advice(
    environment: Environment,
    threads: int,
    found: float | None,
    disturbed: Sequence[str],
    rounds: int,
    stolen_share: float | None,
) -> tuple[str, ...]:
    """What to do about it, most telling first; ``disturbed`` names the witness against each disturbed round."""
    told = []
    others = sum(reason in ("waited", "foreign") for reason in disturbed)
    if others > OFTEN * rounds:
        left = f", or leave them a core: --threads {threads - 1}" if threads > 1 else ""
        told.append(f"other processes used the cores in {others} of {rounds} rounds: close them{left}")
    if disturbed.count("throttled") > OFTEN * rounds:
        cores = environment.quota_cores
        fewer = f"--threads {max(1, int(cores))}" if cores is not None else "fewer --threads"
        fewer = "ask for a larger one" if threads == 1 else fewer
        told.append(
            f"the quota held the process back in {disturbed.count('throttled')} of {rounds} rounds: {fewer}"
        )
    if stolen_share is not None and stolen_share > STOLEN:
        share = f"{100 * stolen_share:.1f} %"
        told.append(
            f"the hypervisor gave {share} of the time to others: a later hour or a machine of your own is quieter"
        )
    if found is not None and found > FINE:
        told.append(
            "comparing with a longer --budget narrows the intervals: four times the time, half the width"
        )
    return tuple(told)
