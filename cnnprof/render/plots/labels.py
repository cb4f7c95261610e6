"""Names beside their marks: each where it covers least, with a thin leader where it had to move away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin

DISTANCES = (9.0, 16.0, 26.0, 40.0, 58.0, 80.0)  # from the mark to the nearest edge of its name, in points
DIRECTIONS = tuple(step * pi / 8 for step in (0, 8, 1, 7, 15, 9, 4, 12, 2, 6, 14, 10, 3, 5, 13, 11))
OVER_TEXT, OVER_CURVE, OUTSIDE, AWAY = 100.0, 12.0, 1000.0, 0.25


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the picture, in its points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any place."""
        apart = (
            self.right <= other.left
            or other.right <= self.left
            or self.top <= other.bottom
            or other.top <= self.bottom
        )
        return not apart

    def contains(self, other: Box) -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark at ``x``, ``y`` and the size of its name."""

    x: float
    y: float
    width: float
    height: float


def place_names(
    spots: Sequence[Spot], frame: Box, marks: Sequence[Box], curves: Sequence[Box]
) -> list[tuple[Box, bool]]:
    """The box of each name, and whether it needs a leader; crowded marks choose first.

    Never over a mark or another name if there is any place inside the frame, and not over a curve if it can be helped.
    """
    order = sorted(range(len(spots)), key=lambda index: _solitude(spots, index))
    placed: dict[int, tuple[Box, bool]] = {}
    for index in order:
        taken = [*marks, *(box for box, _ in placed.values())]
        choices = _choices(spots[index])
        _, box, distance = min(
            ((_cost(box, distance, frame, taken, curves), box, distance) for box, distance in choices),
            key=lambda choice: choice[0],
        )
        placed[index] = (box, distance > DISTANCES[0])
    return [placed[index] for index in range(len(spots))]


def _solitude(spots: Sequence[Spot], index: int) -> float:
    own = spots[index]
    others = (hypot(own.x - other.x, own.y - other.y) for n, other in enumerate(spots) if n != index)
    return min(others, default=0.0)


def _choices(spot: Spot) -> Iterator[tuple[Box, float]]:
    for distance in DISTANCES:
        for angle in DIRECTIONS:
            across, up = cos(angle), sin(angle)
            # The name's near edge, not its middle, keeps the distance.
            x = spot.x + across * distance + across * spot.width / 2
            y = spot.y + up * distance + up * spot.height / 2
            half_width, half_height = spot.width / 2, spot.height / 2
            yield Box(x - half_width, y - half_height, x + half_width, y + half_height), distance


def _cost(box: Box, distance: float, frame: Box, taken: Iterable[Box], curves: Iterable[Box]) -> float:
    covered = sum(box.overlaps(other) for other in taken) * OVER_TEXT
    crossed = OVER_CURVE if any(box.overlaps(other) for other in curves) else 0.0
    return covered + crossed + (0.0 if frame.contains(box) else OUTSIDE) + AWAY * distance
