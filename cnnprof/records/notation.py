"""How shapes and ops are written in one cell; light, since listing the zoo needs no other record."""

from __future__ import annotations

from collections.abc import Iterable


def input_text(inputs: Iterable[Iterable[int]] | None) -> str | None:
    """Shapes as they are written on the command line: ``3x224x224``, several joined by ``+``."""
    if inputs is None:
        return None
    return "+".join("x".join(map(str, shape)) for shape in inputs)


def decimals_beside_one(decimals: int, *ends: float) -> int:
    """Two more at most, as long as an end of an interval would be written as 1, which it is not.

    >>> decimals_beside_one(2, 1.003, 1.2)
    3
    """
    most = decimals + 2
    while decimals < most and any(end != 1 and float(f"{end:.{decimals}f}") == 1 for end in ends):
        decimals += 1
    return decimals


def uncounted_text(uncounted: Iterable[tuple[str, int]]) -> str:
    """Each uncounted op with how often it ran: ``aten.foo x2; aten.bar x1``."""
    return "; ".join(f"{name} x{times}" for name, times in uncounted)
