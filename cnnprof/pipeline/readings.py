"""What a runtime's counters told over a whole measurement, call by call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.timing import Timing, Turn


class Profiled(Protocol):
    """A session that can be called with and without its counters."""

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each call, without counters."""

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """What the counters tell of each call, and its wall seconds."""


@dataclass
class CountedSession:
    """Every call is made with the counters on; ``taken`` keeps what they told, turn by turn."""

    session: Profiled
    taken: list[tuple[Sequence[RuntimeLayer], Sequence[float]]] = field(default_factory=list)

    def time(self, calls: int) -> Sequence[float]:
        """Wall seconds of each call."""
        found = self.session.profile(calls)
        self.taken.append(found)
        return found[1]


@dataclass(frozen=True, slots=True)
class Readings:
    """What the counters told over all turns: rows with the seconds of every call, and the calls' wall seconds.

    ``rounds`` is the round of each call, -1 where it is counted in no statistic: the first of a turn, and those of
    rounds that were dropped.
    """

    rows: tuple[RuntimeLayer, ...]
    total: tuple[float, ...]
    rounds: tuple[int, ...]


def gather_readings(counted: CountedSession, timing: Timing) -> Readings:
    """The turns of the measurement, warm-up left out. A layer that a turn does not name took no time in it."""
    taken = counted.taken[-len(timing.turns) :]
    named = [_by_name(rows) for rows, _ in taken]
    firsts = {key: row for rows in reversed(named) for key, row in rows.items()}
    order = dict.fromkeys(key for rows in sorted(named, key=len, reverse=True) for key in rows)
    rows = tuple(
        replace(
            firsts[key],
            seconds=tuple(
                seconds
                for found, (_, wall) in zip(named, taken, strict=True)
                for seconds in (found[key].seconds if key in found else (0.0,) * len(wall))
            ),
        )
        for key in order
    )
    total = tuple(seconds for _, wall in taken for seconds in wall)
    return Readings(rows, total, tuple(number for turn in timing.turns for number in counted_rounds(turn)))


def _by_name(rows: Sequence[RuntimeLayer]) -> dict[tuple[str, int], RuntimeLayer]:
    """Rows by their name and which of that name they are."""
    met: Counter[str] = Counter()
    found = {}
    for row in rows:
        found[row.name, met[row.name]] = row
        met[row.name] += 1
    return found


def counted_rounds(turn: Turn) -> list[int]:
    """The round of each call of a turn, -1 where statistics pass over it."""
    skipped = len(turn.seconds) - len(turn.counted)
    kept = -1 if turn.dropped else turn.round
    return [-1] * skipped + [kept] * len(turn.counted)


def middle_calls(readings: Readings) -> tuple[int, ...]:
    """Places of the middle half of the undisturbed calls, by their wall time.

    A mean over them is as little moved by outliers as a median, and adds up.
    """
    kept = [call for call, number in enumerate(readings.rounds) if number >= 0]
    ordered = sorted(kept or range(len(readings.total)), key=lambda call: readings.total[call])
    quarter = len(ordered) // 4
    return tuple(sorted(ordered[quarter : len(ordered) - quarter]))
