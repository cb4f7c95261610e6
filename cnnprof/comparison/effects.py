"""Whether an effect that a paper measured holds here: its direction and its size."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from cnnprof.records.experiment import Effect, Experiment, GroupResult
from cnnprof.records.timing import Ratio

NONE = 0.03  # two printed speeds this close show no effect: their last digits are worth as much
LITTLE = 0.05  # an interval within it leaves room for no effect that anyone would act on


def effects(experiment: Experiment, results: tuple[GroupResult, ...]) -> tuple[Effect, ...]:
    """For each group with a contrast and each platform: the published ratio of times, and the one measured here."""
    return tuple(
        effect for result in results if result.group.contrast for effect in _of_group(experiment, result)
    )


def _of_group(experiment: Experiment, result: GroupResult) -> Iterator[Effect]:
    base = result.rows[0]
    contrast, profile = next(
        (row, profile) for row, profile in result.members if row.label == result.group.contrast
    )
    for platform in experiment.platforms:
        if platform.key in base.speeds and platform.key in contrast.speeds:
            published = platform.time_ratio(contrast.speeds[platform.key], base.speeds[platform.key])
            here = _measured(profile.ratio, published) if profile.ratio else ()
            yield Effect(result.group.scope, contrast.label, base.label, platform.key, published, *here)


def _measured(ratio: Ratio, published: float) -> tuple[float, float, float, str]:
    return ratio.ratio, ratio.low, ratio.high, judge_effect(published, ratio)


def judge_effect(published: float, ratio: Ratio) -> str:
    """What the ratio measured here says of the published one; both are of times, 1 is no effect."""
    if abs(log(published)) < log(1 + NONE):
        if ratio.is_resolved:
            return f"no effect there, {ratio.verdict} here"
        return "no effect there nor here" if _shows_none(ratio) else "not resolved"
    if not ratio.is_resolved:
        absent = abs(log(published)) > log(1 + LITTLE) and _shows_none(ratio)
        return "does not hold: no effect here" if absent else "not resolved"
    if (published < 1) != (ratio.ratio < 1):
        return "does not hold: the reverse"
    if ratio.low <= published <= ratio.high:
        return "holds, size open" if ratio.is_wide else "holds, as large"
    return "holds, smaller" if abs(log(ratio.ratio)) < abs(log(published)) else "holds, larger"


def _shows_none(ratio: Ratio) -> bool:
    """Whether its whole interval is near 1: not to be resolved is no answer otherwise."""
    return ratio.trusted and 1 / (1 + LITTLE) < ratio.low < ratio.high < 1 + LITTLE
