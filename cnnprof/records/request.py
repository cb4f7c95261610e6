"""What was asked for, with everything that a result depends on besides the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LARGEST_SEED = 2**32 - 1  # torch takes 64 bits, and others are derived from it by adding
LARGEST_SIZE = 2**31 - 1
MOST_PROCESSES = 100  # that a budget can be divided among


@dataclass(frozen=True, slots=True)
class Request:
    """One model at one setting. ``inputs`` are shapes without the batch; ``budget_s`` bounds the timing in seconds.

    ``precision`` is the half-width of the interval, as a fraction, at which measuring stops early.
    ``deploy`` folds the branches of networks that train with more than they are deployed with.
    ``processes`` is how many processes time a model, one after the other; the budget is divided among them.
    ``roofline`` measures the machine's limits beside the model.
    ``inputs`` and ``threads`` are None until the model's or the machine's default is known.
    """

    model: str
    inputs: tuple[tuple[int, ...], ...] | None = None
    batch: int = 1
    device: str = "auto"
    dtype: str = "float32"
    runtime: str = "eager"
    threads: int | None = None
    channels_last: bool = False
    arguments: Mapping[str, object] = field(default_factory=dict)
    latency: bool = True
    budget_s: float = 20.0
    precision: float = 0.02
    processes: int = 6
    convention: str = "paper"
    verify: bool = False
    deploy: bool = False
    roofline: bool = False
    seed: int = 0

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the inputs with the batch."""
        return tuple((self.batch, *shape) for shape in self.inputs or ())
