"""How shapes and ops are written in one cell; light, since listing the zoo needs no other record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil, floor, isfinite, log10


def input_text(inputs: Iterable[Iterable[int]] | None) -> str | None:
    """Shapes as they are written on the command line: ``3x224x224``, several joined by ``+``."""
    if inputs is None:
        return None
    return "+".join("x".join(map(str, shape)) for shape in inputs)


def arguments_text(arguments: Mapping[str, object]) -> str:
    """A builder's arguments as they are typed: ``width_mult=0.5, num_classes=10``."""
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def ratio_decimals(value: float) -> int:
    """As many as give three digits, near enough: 0.076, 0.31, 1.62, 12.5."""
    return 3 if abs(value) < 0.0995 else 2 if abs(value) < 9.995 else 1


def times(value: float) -> str:
    """How many times: ``1.62x``; what would read as nothing, and is something, ``<0.001x``."""
    return "<0.001x" if 0 < value < 0.0005 else f"{value:.{ratio_decimals(value)}f}x" if value else "0x"


def part_decimals(whole_ms: float) -> int:
    """Decimals of ms at which parts of a call of that length can be told apart: 2, below 1 ms four digits."""
    return max(2, 3 - floor(log10(whole_ms))) if 0 < whole_ms < 1 else 2


def part_text(value: float, decimals: int, signed: bool = True) -> str:
    """``+2.31``; what rounds to nothing has no sign."""
    text = f"{value:{'+' if signed else ''}.{decimals}f}"
    return f"{0:.{decimals}f}" if float(text) == 0 else text


def decimals_beside_one(decimals: int, *ends: float) -> int:
    """Two more at most, as long as an end of an interval would be written as 1, which it is not.

    >>> decimals_beside_one(2, 1.003, 1.2)
    3
    """
    most = decimals + 2
    while decimals < most and any(end != 1 and float(f"{end:.{decimals}f}") == 1 for end in ends):
        decimals += 1
    return decimals


def decimals_apart(decimals: int, low: float, high: float) -> int:
    """As many decimals as it takes for the ends of an interval to differ, three more at most.

    >>> decimals_apart(2, 0.149, 0.151)
    3
    """
    width = high - low
    if not (isfinite(width) and width > 0):
        return decimals
    return max(decimals, min(decimals + 3, ceil(-log10(width / 2) - 1e-6)))


def with_interval(value: float, low: float, high: float, unit: str) -> str:
    """A ratio in ``unit`` with its interval: ``1.62x [1.58, 1.66]``."""
    return bracketed(value, low, high, decimals_beside_one(ratio_decimals(value), low, high), unit)


def bracketed(value: float, low: float, high: float, decimals: int, unit: str) -> str:
    """An interval without width comes from a single sample: it would claim to be exact, so it is not shown."""
    if low == high:
        return f"{value:.{decimals}f}{unit}"
    decimals = decimals_apart(decimals, low, high)
    return f"{value:.{decimals}f}{unit} [{low:.{decimals}f}, {high:.{decimals}f}]"


def uncounted_text(uncounted: Iterable[tuple[str, int]]) -> str:
    """Each uncounted op with how often it ran: ``aten.foo x2; aten.bar x1``."""
    return "; ".join(f"{name} x{times}" for name, times in uncounted)
