"""What a network costs: exact integers, for the whole and for every op."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OpCounts:
    """The costs of one op; all integers are for the batch as given.

    ``status`` is ``costed``, ``free`` (known to compute nothing) or ``uncounted``.
    """

    kind: str
    function: str
    path: str
    module: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]
    status: str
    params: int
    macs: int
    flops: int
    activations: int
    memory_bytes: int
    memory_paper_bytes: int
    memory_fused_bytes: int

    @property
    def intensity(self) -> float | None:
        """Flops per byte moved; None where nothing moves."""
        return self.flops / self.memory_bytes if self.memory_bytes else None

    @property
    def cost(self) -> tuple[int, int]:
        """What ops are ranked by: multiply-adds, and bytes among ops without."""
        return (self.macs, self.memory_bytes)


@dataclass(frozen=True, slots=True)
class Counts:
    """The costs of a network at one input; all integers are for the batch as given.

    ``uncounted_ops`` names each kind of op without a cost rule, with how often it ran.
    ``method`` says how the graph was found: ``shapes`` or ``forward``.
    """

    params: int
    macs: int
    flops: int
    activations: int
    memory_bytes: int
    memory_paper_bytes: int
    memory_fused_bytes: int
    peak_bytes: int
    uncounted_ops: tuple[tuple[str, int], ...]
    ops: tuple[OpCounts, ...] = field(repr=False)  # hundreds: what Python shows of a result is to be read
    method: str = "shapes"

    def chief(self, indices: Iterable[int]) -> int:
        """The most costly of some ops, by their places: the one that a layer of several is named and grouped by."""
        return max(indices, key=lambda index: self.ops[index].cost)

    @property
    def intensity(self) -> float | None:
        """Flops per byte moved; None where nothing moves."""
        return self.flops / self.memory_bytes if self.memory_bytes else None
