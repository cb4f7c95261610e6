"""Which rounds a witness disqualifies. Being slow is never a reason: that would be choosing the result.

The most telling witness is the time our threads waited for a core: below 1% of the time in quiet rounds, 30
to 200% beside a busy process, and nothing in between (MobileNet V2, 2 threads on 2 cores). Involuntary
context switches are recorded but not judged: at 150 to 300 a second they tell quiet from busy rounds badly.

Waiting is summed over threads and stolen time over cores: the limits, found with two of each, grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import median

from cnnprof.records.timing import Turn, Witness

WAITED = 0.05
STOLEN = 0.10
TICK_S = 0.01  # in which the kernel counts stolen time: one alone may be the end of a longer time before
THROTTLED = 0.01
FOREIGN = 0.25
OWN_MAKING = 0.25

CAUSES = {
    "throttled": "the cgroup's quota held us back",
    "stolen": "the hypervisor gave our cores to others",
    "waited": "other processes used our cores",
    "foreign": "other processes used our cores",
}
REMEDIES = {
    CAUSES["throttled"]: "use fewer --threads",
    CAUSES["stolen"]: "try again later",
    CAUSES["waited"]: "close those processes, or leave them a core with fewer --threads",
}
OF_ONE_THREAD = {CAUSES["throttled"]: "ask for a larger quota", CAUSES["waited"]: "close those processes"}


def disturbed_rounds(turns: Iterable[Turn]) -> dict[int, str]:
    """The rounds to drop, each with the witness against it, a key of ``CAUSES``."""
    rounds: dict[int, list[Turn]] = {}
    for turn in turns:
        rounds.setdefault(turn.round, []).append(turn)
    own_making = own_waiting(turn for of_round in rounds.values() for turn in of_round)
    reasons = {number: _reason(of_round, own_making) for number, of_round in rounds.items()}
    return {number: reason for number, reason in reasons.items() if reason}


def remedy(cause: str, threads: int | None) -> str:
    """What helps against one of ``CAUSES`` where so many threads compute."""
    return OF_ONE_THREAD.get(cause, REMEDIES[cause]) if threads == 1 else REMEDIES[cause]


def disturbance(witness: Witness, wall_s: float) -> str:
    """The cause of a disturbance of work that took ``wall_s`` seconds, in words; empty where there was none."""
    reason = _judge([witness], wall_s, own_making=False)
    return CAUSES[reason] if reason else ""


def own_waiting(turns: Iterable[Turn]) -> bool:
    """Whether our threads waited for each other, there being more of them than cores.

    One second of a busy neighbour makes our threads wait for about as long; where they waited four times as
    long as others were busy, those others are not the reason.
    """
    turns = list(turns)
    witnesses = [turn.witness for turn in turns]
    waited = _total(witnesses, lambda witness: witness.waited_s)
    foreign = _total(witnesses, lambda witness: witness.foreign_s)
    if waited is None or foreign is None:
        return False
    return waited > _waited_limit(witnesses) * _wall_s(turns) and foreign < OWN_MAKING * waited


def held_down(turns: Sequence[Turn]) -> list[Turn]:
    """A model's turns as ratios take them where disturbed rounds had to be used: no call longer than half of them are.

    A neighbour only ever adds time, to some calls ten times their own, and it does not add the same to both models of
    a round. Beside one busy core the ratios of ten sessions scattered half as much for it (by 6 % in place of 12 %).
    """
    if not turns:
        return []
    limit = median(median(turn.counted) for turn in turns)
    return [replace(turn, seconds=tuple([min(call, limit) for call in turn.seconds])) for turn in turns]


def _reason(turns: Sequence[Turn], own_making: bool) -> str:
    return _judge([turn.witness for turn in turns], _wall_s(turns), own_making)


def _judge(witnesses: Sequence[Witness], wall: float, own_making: bool) -> str:
    """The first witness against some work; each is compared with the time that the work took."""
    waited = _total(witnesses, lambda witness: witness.waited_s)
    if _exceeds(_total(witnesses, lambda witness: witness.throttled_s), THROTTLED * wall):
        return "throttled"
    if _exceeds(
        _total(witnesses, lambda witness: witness.stolen_s), max(_stolen_limit(witnesses) * wall, TICK_S)
    ):
        return "stolen"
    if not own_making and _exceeds(waited, _waited_limit(witnesses) * wall):
        return "waited"
    # Busy cores that we had no use for do no harm, so this counts only where waiting is not known.
    if waited is None and _exceeds(_total(witnesses, lambda witness: witness.foreign_s), FOREIGN * wall):
        return "foreign"
    return ""


def _waited_limit(witnesses: Sequence[Witness]) -> float:
    return WAITED * _times_two([witness.threads for witness in witnesses])


def _stolen_limit(witnesses: Sequence[Witness]) -> float:
    return STOLEN * _times_two([witness.cores for witness in witnesses])


def _times_two(counts: Sequence[int | None]) -> float:
    """How many times two there are, at least one; one where it is not known."""
    return max([1.0, *(count / 2 for count in counts if count is not None)])


def _wall_s(turns: Iterable[Turn]) -> float:
    return sum(sum(turn.watched) for turn in turns)


def _total(witnesses: Sequence[Witness], reading: Callable[[Witness], float | None]) -> float | None:
    values = [value for witness in witnesses if (value := reading(witness)) is not None]
    return sum(values) if values else None


def _exceeds(value: float | None, limit: float) -> bool:
    return value is not None and value > limit
