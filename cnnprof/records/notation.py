"""How shapes and ops are written in one cell; light, since listing the zoo needs no other record."""

from __future__ import annotations

from collections.abc import Iterable


def input_text(inputs: Iterable[Iterable[int]] | None) -> str | None:
    """Shapes as they are written on the command line: ``3x224x224``, several joined by ``+``."""
    if inputs is None:
        return None
    return "+".join("x".join(map(str, shape)) for shape in inputs)


def uncounted_text(uncounted: Iterable[tuple[str, int]]) -> str:
    """Each uncounted op with how often it ran: ``aten.foo x2; aten.bar x1``."""
    return "; ".join(f"{name} x{times}" for name, times in uncounted)
