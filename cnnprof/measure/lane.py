"""One model on its way through all processes: what was taken of it, or the error that ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cnnprof.errors import CnnprofError
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Turn


@dataclass
class Lane:
    """A model under measurement. The twin is a second instance of the baseline, its control.

    ``base`` is the place of the lane that its reported ratio is to; its own where it has none.
    """

    name: str
    base: int = 0
    is_twin: bool = False
    turns: list[Turn] = field(default_factory=list)
    warmups: list[Warmup] = field(default_factory=list)
    error: CnnprofError | None = None
    dismissed: bool = False

    @property
    def runs(self) -> bool:
        """Whether it still takes turns."""
        return self.error is None and not self.dismissed

    def warmup(self) -> Warmup:
        """The warm-ups of all processes as one: their calls and time together, the first call of the first.

        Steady where most of them were: one that was not hardly moves a median.
        """
        return Warmup(
            calls=sum(warmup.calls for warmup in self.warmups),
            seconds=sum(warmup.seconds for warmup in self.warmups),
            first_call_s=self.warmups[0].first_call_s,
            fastest_s=min(warmup.fastest_s for warmup in self.warmups),
            steady=2 * sum(warmup.steady for warmup in self.warmups) > len(self.warmups),
        )


def pairs_of(lanes: Sequence[Lane], places: Sequence[int]) -> list[tuple[int, int]]:
    """The reported ratios of the lanes at ``places``, each as (index, index of its base) into ``places``."""
    index_of = {place: index for index, place in enumerate(places)}
    bases = [(index, index_of.get(lanes[place].base)) for index, place in enumerate(places)]
    return [(index, base) for index, base in bases if base is not None and base != index]
