"""One plain sentence a pair: did the multiply-adds tell the truth about the time?"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log1p

from cnnprof.comparison.comparable import differences
from cnnprof.comparison.textbook import textbook_ratio
from cnnprof.records.notation import times, with_interval
from cnnprof.records.profile import Profile
from cnnprof.records.timing import Ratio

# By the logarithm, so that swapping the two models swaps what is said of them.
SAME = 0.05  # counts within 5% promise no difference that anyone would act on
NEAR = 0.10  # a time within 10% of the promise keeps it
TRUTH = "the multiply-adds told the truth"
UNSURE = "but whether by as much as the multiply-adds promised is not resolved"


def sentences(profiles: Sequence[Profile], baseline: int = 0) -> tuple[str, ...]:
    """One sentence for every model but the baseline, in order; without latency, of the counts alone."""
    base = profiles[baseline]
    return tuple(sentence(profile, base) for index, profile in enumerate(profiles) if index != baseline)


def sentence(profile: Profile, base: Profile) -> str:
    """Counts of ``profile`` over those of ``base``, then the time with its interval, then what that means."""
    return f"{profile.request.model}: {_counts(profile, base)}{_time(profile, base)}"


def judgement(promised: float, ratio: Ratio, *, with_budget: bool = True) -> str:
    """What the clock says of ``promised``, the ratio of multiply-adds; ``ratio`` is that of the times.

    ``with_budget`` adds to a pair that is not resolved the budget that would tell.
    """
    if not ratio.is_resolved:
        return _undecided(promised, ratio, with_budget)
    if ratio.low <= promised <= ratio.high:
        return f"{ratio.verdict}, {UNSURE}" if ratio.is_wide else TRUTH
    if abs(log(promised)) <= log1p(SAME):
        return f"as many multiply-adds, yet {ratio.verdict}"
    if (promised < 1) != (ratio.ratio < 1):
        return f"the multiply-adds misled: {'fewer' if promised < 1 else 'more'} of them, yet {ratio.verdict}"
    if abs(log(ratio.ratio / promised)) <= log1p(NEAR):
        return TRUTH
    degree = "and by more" if abs(log(ratio.ratio)) > abs(log(promised)) else "but by less"
    return f"{ratio.verdict}, {degree} than the multiply-adds promised"


def _undecided(promised: float, ratio: Ratio, with_budget: bool) -> str:
    """The pair is not resolved; still, an interval that leaves out what was promised is an answer.

    One without width comes from too few rounds, and is no interval; one of disturbed rounds is of other work too.
    """
    told = "not resolved"
    if ratio.needed_s is not None and with_budget:
        told += f" (a budget of about {ratio.needed_s:.0f} s would resolve it)"
    elif ratio.needed_processes is not None and with_budget:
        told += f" (about {ratio.needed_processes} processes of each model would resolve it)"
    answers = ratio.trusted and ratio.low < ratio.high
    if answers and abs(log(promised)) > log1p(SAME) and not ratio.low <= promised <= ratio.high:
        told += f", but not the {times(promised)} that the multiply-adds promised"
    return told


def _counts(profile: Profile, base: Profile) -> str:
    macs = _quotient(profile.counts.macs, base.counts.macs)
    memory = _quotient(profile.counts.memory_bytes, base.counts.memory_bytes)
    if macs is None:
        return f"{base.request.model} has no multiply-adds"
    moved = f" and {times(memory)} the memory access" if profile.ratio is None and memory is not None else ""
    return f"{times(macs)} the multiply-adds{_textbook(profile, base)}{moved} of {base.request.model}"


def _textbook(profile: Profile, base: Profile) -> str:
    """What the block's paper promises, beside what was counted."""
    found = textbook_ratio(profile, base)
    return f" (textbook: {found[0]} = {found[1]:.3f}x)" if found else ""


def _time(profile: Profile, base: Profile) -> str:
    """The second half: time and judgement, or why there is none."""
    if profile.timing is None:
        return "; not timed"
    if base.timing is None:
        return f"; {base.request.model} was not timed"
    apart = differences(profile, base)
    if apart:
        return f"; times not compared ({', '.join(apart)})"
    ratio = profile.ratio
    if ratio is None:
        return "; not timed together"
    measured = f", {times_the_time(ratio)}"
    promised = _quotient(profile.counts.macs, base.counts.macs)
    return f"{measured}: {judgement(promised, ratio) if promised else ratio.verdict}"


def _quotient(count: int, base: int) -> float | None:
    return count / base if base else None


def times_the_time(ratio: Ratio) -> str:
    """``1.62x the time [1.55, 1.72]``."""
    return with_interval(ratio.ratio, ratio.low, ratio.high, "x the time")
