"""Where the ticks of an axis stand, and what they say: plain numbers, never powers."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10

PADDING = 0.06  # of the axis, beyond the outermost mark


def limits(values: list[float], log: bool) -> tuple[float, float]:
    """The ends of an axis on which all values are seen; a linear one begins at 0."""
    kept = [value for value in values if isfinite(value) and (value > 0 or not log)] or [1.0]
    low, high = min(kept), max(kept)
    if not log:
        return min(0.0, low), (high or 1.0) * (1 + PADDING)
    room = max(log10(high / low) * PADDING, 0.05)
    return low * 10**-room, high * 10**room


def ticks(low: float, high: float, log: bool, most: int = 9) -> list[float]:
    """Round values between the ends: 1, 2, 5, 10 ... on a logarithmic axis, equal steps on a linear one."""
    if not log:
        return _even(low, high, most)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**p for p in powers for d in digits if low <= d * 10.0**p <= high]
        if len(found) <= most:
            return found if len(found) > 1 else _even(low, high, most)
    return found


def _even(low: float, high: float, most: int) -> list[float]:
    span = (high - low) or 1.0
    step = 10.0 ** floor(log10(span / most))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if span / (step * factor) <= most)
    return [number * step for number in range(ceil(low / step), floor(high / step) + 1)]


def tick_text(value: float) -> str:
    """``0.05``, ``2``, ``1,000``: as people write it."""
    if 0 < value < 1e-4:
        return f"{value:.{2 - floor(log10(value))}f}".rstrip("0")
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
