"""A family built by the compound scaling rule, and how its cost grew."""

from __future__ import annotations

from dataclasses import dataclass

from cnnprof.records.profile import Comparison


@dataclass(frozen=True, slots=True)
class ScaledPoint:
    """One member of the family: multipliers of depth and width, side of the input in pixels.

    ``predicted`` is the rule's cost over that of the first point, as measured ratios are: ``(alpha * beta^2 *
    gamma^2)^(phi - first phi)``.
    """

    phi: float
    depth_mult: float
    width_mult: float
    resolution: int
    predicted: float


@dataclass(frozen=True, slots=True)
class Exponent:
    """The fitted power of one dimension: macs grow as multiplier ** ``fitted``; None where it cannot be varied."""

    dimension: str
    theory: float
    fitted: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Scaling:
    """The points in the order of phi; ``comparison.profiles[i]`` is what ``points[i]`` costs."""

    model: str
    alpha: float
    beta: float
    gamma: float
    points: tuple[ScaledPoint, ...]
    comparison: Comparison
    exponents: tuple[Exponent, ...]
