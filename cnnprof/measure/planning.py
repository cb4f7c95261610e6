"""How many generations of processes there are: as many as asked for, more where only they can tell a pair apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnprof.measure.narrowness import Pairs, are_narrow, takes_more_processes
from cnnprof.measure.samples import Samples
from cnnprof.measure.statistics.ratio import MIN_PAIRS

LEAST_KNOWN = 3  # processes of each model before what they differ by is known well enough to plan by
MOST = 3  # times as many as asked for
MANY = 1.75  # times as many as asked for; where fewer can follow, the first are not short
LEAST_ROUNDS = 2  # a generation that could not take a round and its mirror image is not begun
WARMUP_SHARE = 0.25  # of a generation's share, on top of it


@dataclass
class Plan:
    """The number of generations, how many are done, and what is left of the budget for the others.

    ``round_s`` is what a round takes, ``startup_s`` what getting processes ready and warm took so far.
    """

    asked: int
    budget_s: float
    precision: float
    generations: int = field(init=False)
    done: int = 0
    spent_s: float = 0.0
    startup_s: float = 0.0
    round_s: float = 0.0

    def __post_init__(self) -> None:
        self.generations = self.asked

    @property
    def left_s(self) -> float:
        """Seconds of the budget."""
        return self.budget_s - self.spent_s

    def share_s(self, models: int) -> float:
        """Seconds of the budget for the next generation.

        Where many more than asked for may follow, the first are as short as if all of them did: what they differ by
        decides how many do. Where only a few more may, that is not worth generations of unequal length.
        """
        most = self.most(models)
        short = self.done < LEAST_KNOWN and most >= MANY * self.asked
        return self.left_s / ((most if short else self.generations) - self.done)

    def warmup_s(self) -> float:
        """Seconds to warm up in, which do not shrink where there are more generations than asked for."""
        return WARMUP_SHARE * max(self.left_s / (self.generations - self.done), self.budget_s / self.asked)

    def settle(self, pass_s: float, calls: int) -> str | None:
        """Fewer generations where the models are too slow for all; the warning then.

        Each takes a warm-up and a few rounds of ``calls``; ``pass_s`` is what a call of every model takes.
        """
        self.round_s = calls * pass_s
        least_s = pass_s * (2 + LEAST_ROUNDS * calls)
        room = self.done + 1 + int(max(0.0, self.left_s - pass_s * LEAST_ROUNDS * calls) / least_s)
        if room >= self.asked:
            return None
        told = f"the budget had room for {room} of {self.asked} processes of each model"
        self.asked = self.generations = room
        return told

    def look_ahead(self, samples: Samples, pairs: Pairs, models: int) -> None:
        """More generations than asked for, where only they can tell a pair apart.

        Once those asked for are done, what the short first ones left of the budget is spent on more, unless all pairs
        are narrow.
        """
        if not LEAST_KNOWN <= self.done <= self.asked:
            return
        if self.done < self.asked:
            more = takes_more_processes(samples, pairs, self.spent_s / self.budget_s, self.precision)
        else:
            more = self.generations > self.asked and not are_narrow(samples, pairs, self.precision)
        self.generations = self.most(models) if more else self.asked

    def most(self, models: int) -> int:
        """How many there may be at most; as many as asked for where there is no pair to tell apart.

        Those that are left have to have their rounds; starting those that nobody asked for may take as long as the
        budget.
        """
        if self.asked <= LEAST_KNOWN or models < 2 or not self.round_s:
            return self.asked
        have_rounds = self.done + int(self.left_s / (MIN_PAIRS * self.round_s))
        can_start = self.asked + int(self.budget_s * max(1, self.done) / max(self.startup_s, 1e-9))
        return max(self.asked, min(MOST * self.asked, have_rounds, can_start))
