"""Names beside their marks: each where it covers least, with a thin leader where it had to move away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, pi, sin

DISTANCES = (9.0, 16.0, 26.0, 40.0, 58.0, 80.0)  # from the mark to the nearest edge of its name, in points
DIRECTIONS = tuple(step * pi / 8 for step in (0, 8, 1, 7, 15, 9, 4, 12, 2, 6, 14, 10, 3, 5, 13, 11))
OVER_TEXT, OVER_LEADER, OVER_CURVE, OUTSIDE, AWAY = 100.0, 50.0, 12.0, 1000.0, 0.25


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


@dataclass(frozen=True, slots=True)
class Line:
    """A leader from a mark to the middle of its name."""

    x: float
    y: float
    end_x: float
    end_y: float

    def crosses(self, box: Box) -> bool:
        """Whether a part of it lies inside of the box: what is left of it between both pairs of sides."""
        first, last = 0.0, 1.0
        across, up = self.end_x - self.x, self.end_y - self.y
        for start, way, low, high in (
            (self.x, across, box.left, box.right),
            (self.y, up, box.bottom, box.top),
        ):
            if not way:
                if not low < start < high:
                    return False
                continue
            enters, leaves = sorted(((low - start) / way, (high - start) / way))
            first, last = max(first, enters), min(last, leaves)
        return first < last


@dataclass(slots=True)
class Room:
    """What names have to keep clear of, those that were placed before among it."""

    frame: Box
    marks: Sequence[Box]
    curves: Sequence[Box]
    names: list[Box] = field(default_factory=list)
    leaders: list[Line] = field(default_factory=list)

    def cost(self, spot: Spot, box: Box, distance: float) -> float:
        """How bad a place is for the name of a mark."""
        covered = sum(box.overlaps(other) for other in (*self.marks, *self.names)) * OVER_TEXT
        crossed = sum(leader.crosses(box) for leader in self.leaders)
        if needs_leader(distance):
            own = leader_to(spot, box)
            crossed += sum(own.crosses(name) for name in self.names)
        over_curve = OVER_CURVE if any(box.overlaps(other) for other in self.curves) else 0.0
        outside = 0.0 if self.frame.contains(box) else OUTSIDE
        return covered + crossed * OVER_LEADER + over_curve + outside + AWAY * distance

    def take(self, spot: Spot, box: Box, distance: float) -> None:
        """Put a name there."""
        self.names.append(box)
        if needs_leader(distance):
            self.leaders.append(leader_to(spot, box))


def needs_leader(distance: float) -> bool:
    """Whether a name stands too far away to be taken for that of its mark."""
    return distance > DISTANCES[0]


def leader_to(spot: Spot, box: Box) -> Line:
    """The line from a mark to its name, as it is drawn."""
    return Line(spot.x, spot.y, (box.left + box.right) / 2, (box.bottom + box.top) / 2)


def place_names(
    spots: Sequence[Spot], frame: Box, marks: Sequence[Box], curves: Sequence[Box]
) -> list[tuple[Box, bool]]:
    """The box of each name, and whether it needs a leader; crowded marks choose first.

    Never over a mark or another name if there is any place inside the frame; not over a curve, nor a leader over a
    name, if it can be helped.
    """
    room = Room(frame, marks, curves)
    placed: dict[int, tuple[Box, bool]] = {}
    for index in sorted(range(len(spots)), key=lambda index: _solitude(spots, index)):
        spot = spots[index]
        _, box, distance = min(
            ((room.cost(spot, box, distance), box, distance) for box, distance in _choices(spot)),
            key=lambda choice: choice[0],
        )
        room.take(spot, box, distance)
        placed[index] = (box, needs_leader(distance))
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
