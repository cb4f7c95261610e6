"""Three sentences on a gap between two networks that a person can quote: how large, in which ops, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnprof.comparison.sentences import times_the_time
from cnnprof.records.explanation import CAUSES, Amount, Explanation, Part
from cnnprof.records.notation import part_decimals, part_text, times

WORDS = {
    "arithmetic": "more arithmetic",
    "memory": "more bytes",
    "overhead": "overhead of its ops and outside the layers",
    "efficiency": "lower efficiency at equal work",
}
LESS = {
    "arithmetic": "less arithmetic",
    "memory": "fewer bytes",
    "overhead": "less overhead",
    "efficiency": "higher efficiency at equal work",
}
NAMED = 0.15  # parts below this share of the gap are not worth a sentence
MOST = 3
DISTURBED = "Too many rounds were disturbed: the parts below include other work."


def quotes(found: Explanation) -> tuple[str, ...]:
    """The three sentences; where the gap is not resolved, the first says so and the others say what cancels out.

    Of disturbed rounds only the first: its ratio is of the calls that were hardly held up, the parts are of all.
    """
    if not found.ratio.trusted:
        return (f"{_how_large(found)} {DISTURBED}",)
    return (_how_large(found), _where(found), _why(found))


def _how_large(found: Explanation) -> str:
    first, second = found.models
    ratio, gap = found.ratio, found.total.difference
    taken = times_the_time(ratio)
    macs = found.total.macs
    counted = f" at {times(macs[1] / macs[0])} the multiply-adds" if macs[0] else ""
    if not ratio.is_resolved:
        return f"{second} takes {taken} of {first}{counted}: the difference is not resolved."
    word = "longer" if gap.seconds > 0 else "less"
    return f"{second} takes {_ms(found, gap, signed=False)} {word} than {first}, {taken}{counted and ','}{counted}."


def _where(found: Explanation) -> str:
    return f"By kind of op: {_listed(found, [(part.kind, part.difference) for part in found.parts])}."


def _why(found: Explanation) -> str:
    named = [(_word(cause, found.total), getattr(found.total, cause)) for cause in CAUSES]
    return f"By cause: {_listed(found, named)}."


def _word(cause: str, total: Part) -> str:
    amount: Amount = getattr(total, cause)
    return WORDS[cause] if amount.seconds >= 0 else LESS[cause]


Named = tuple[str, Amount]


def _sorted(found: Explanation, named: Iterable[Named]) -> tuple[list[Named], list[Named]]:
    """Parts that go the gap's way, largest first, and those that go against it; small ones are left out."""
    gap = found.total.difference.seconds
    sign = 1 if gap >= 0 else -1
    ranked = sorted(named, key=lambda one: -abs(one[1].seconds))
    least = NAMED * max(abs(gap), max((abs(amount.seconds) for _, amount in ranked), default=0.0))
    large = [one for one in ranked if abs(one[1].seconds) >= least and one[1].seconds]
    with_ = [one for one in large if one[1].seconds * sign > 0]
    return with_[:MOST], [one for one in large if one[1].seconds * sign < 0][:MOST]


def _listed(found: Explanation, named: Sequence[Named]) -> str:
    """``normalisation +2.31 ms [2.10, 2.52], 40 % of the gap; against it pooling -0.40 ms [-0.51, -0.30]``."""
    with_, against = _sorted(found, named)
    gap = found.total.difference.seconds
    resolved = found.ratio.is_resolved and gap
    said = [
        f"{name} {_ms(found, amount)}{f', {100 * amount.seconds / gap:.0f} % of the gap' if resolved else ''}"
        for name, amount in with_
    ]
    opposed = [
        f"{'' if place else 'against it '}{name} {_ms(found, amount)}"
        for place, (name, amount) in enumerate(against)
    ]
    return "; ".join([*said, *opposed]) or "nothing stands out"


def _ms(found: Explanation, amount: Amount, signed: bool = True) -> str:
    """``+2.31 ms [2.10, 2.52]``; without a sign where a word says which way."""
    decimals = part_decimals(max(found.latencies) * 1e3)
    turned = -1e3 if not signed and amount.seconds < 0 else 1e3
    ends = sorted(end * turned for end in (amount.low, amount.high) if end is not None)
    interval = (
        f" [{part_text(ends[0], decimals, False)}, {part_text(ends[1], decimals, False)}]"
        if len(ends) == 2
        else ""
    )
    return f"{part_text(amount.seconds * turned, decimals, signed)} ms{interval}"
