"""What is told between turns to whoever shows how far the measuring has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The turn about to begin. ``ratio`` is the model's so far, None for the baseline and before the first
    pair.

    ``phase`` is ``starting``, ``converting``, ``warm-up`` or ``measure``; ``rounds`` is the estimate of how many
    fit the budget. ``generation`` (from 0) of ``generations`` tells which processes are under way.
    """

    phase: str
    model: str
    round: int
    rounds: int | None
    ratio: float | None
    seconds_left: float
    generation: int = 0
    generations: int = 1


OnProgress = Callable[[Progress], None]
