"""What other counters say of the same network: reproduced from our trace, or run beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConventionFigure:
    """One figure a counter prints: the exact ``value``, and ``printed`` as that counter prints it, unit included."""

    label: str
    value: int | float
    printed: str


@dataclass(frozen=True, slots=True)
class ConventionPart:
    """One reason why a counter's total is not ``paper``'s: the ``amount`` it adds (or lacks), in the counter's unit."""

    reason: str
    amount: int


@dataclass(frozen=True, slots=True)
class Convention:
    """The figures that the counter ``name`` prints for this network, and in a sentence what it counts.

    ``total`` is the figure that stands for its "FLOPs", ``per_mac`` how many of its units make one multiply-add.
    ``parts`` add up to ``total - per_mac * macs`` exactly, the largest first.
    """

    name: str
    counts: str
    figures: tuple[ConventionFigure, ...]
    total: int = 0
    per_mac: int = 1
    parts: tuple[ConventionPart, ...] = ()

    def reasons(self, macs: int) -> Iterator[tuple[str, int]]:
        """What adds up to ``total - macs``: the unit where it is not one a multiply-add, then the parts."""
        unit = (self.per_mac - 1) * macs
        if unit:
            yield f"{self.per_mac} a multiply-add instead of 1", unit
        for part in self.parts:
            yield part.reason, part.amount


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a counter and cnnprof disagree: the op, both amounts in multiply-adds, and the reason."""

    kind: str
    path: str
    ours: int
    theirs: int
    reason: str


@dataclass(frozen=True, slots=True)
class Audit:
    """One independent counter run on the same network: its total and ours in its own unit, and each difference."""

    counter: str
    version: str
    ours: int
    theirs: int
    differences: tuple[Difference, ...]
    problem: str = ""  # why the counter could not run, or empty


@dataclass(frozen=True, slots=True)
class PeerCount:
    """What an independent counter found: an amount for each module path and operator.

    ``per_mac`` is how many of the counter's units make one multiply-add. ``problem`` says why it could not run.
    """

    counter: str
    version: str
    per_mac: int
    amounts: tuple[tuple[str, str, int], ...] = ()
    problem: str = ""
