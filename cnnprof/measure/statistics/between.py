"""What processes differ by, and intervals that allow for it.

Two processes of one model differ in speed by more than chance within either tells: where memory lies and how threads
are spread is settled when a process starts. The turns of one process are therefore a sample of one, whatever their
number, and an interval has to come from what processes differ by, of which there are few: Student's t, as for any
mean of few independent values (in the way of Hartung and Knapp 2001 for few studies, and never narrower than what
chance within the processes leaves open, after Roever, Knapp and Friede 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt, tan
from statistics import NormalDist, fmean, median, stdev

from cnnprof.measure.statistics.medians import Estimate, centre_estimate, median_estimate
from cnnprof.records.timing import Turn

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """By what fraction two processes of a model differ: a standard deviation of logarithms, estimated with
    ``freedom`` degrees of freedom from all models of the session.
    """

    sd: float
    freedom: int


def shared_spread(lanes: Sequence[Sequence[Turn]]) -> Spread | None:
    """What is left of each process's mean log time once its model's and its generation's are taken out.

    A two-way layout, models x generations, without repetition: the drift of the machine is the generation's, and
    what remains, with (models - 1)(generations - 1) degrees of freedom, is the processes' own. None where there are
    not two of each.
    """
    table = _process_means(lanes)
    generations = len(table)
    if generations < 2 or len(lanes) < 2:
        return None
    of_model = [fmean(row[place] for row in table) for place in range(len(lanes))]
    whole = fmean(of_model)
    left = [value - of_model[place] - fmean(row) + whole for row in table for place, value in enumerate(row)]
    freedom = (generations - 1) * (len(lanes) - 1)
    return Spread(sqrt(sum(each**2 for each in left) / freedom), freedom)


def _process_means(lanes: Sequence[Sequence[Turn]]) -> list[list[float]]:
    """A row a generation in which all models ran together: each model's log time against its round's mean."""
    rows: dict[int, list[list[float]]] = {}
    by_round = [{turn.round: turn for turn in lane} for lane in lanes]
    for number in sorted(set.intersection(*(set(turns) for turns in by_round)) if by_round else ()):
        turns = [of_lane[number] for of_lane in by_round]
        logs = [log(median(turn.counted)) for turn in turns]
        of_round = fmean(logs)
        rows.setdefault(turns[0].generation, []).append([each - of_round for each in logs])
    return [
        [centre_estimate(column).value for column in zip(*rounds, strict=True)] for rounds in rows.values()
    ]


def ratio_estimate(groups: Sequence[Sequence[float]], shared: Spread | None, instances: int = 1) -> Estimate:
    """Centre of paired log ratios with its 95% interval; ``groups`` holds those of each generation, to so many
    ``instances`` of the base.

    The centre is the mean of the generations' own, weighted by how well each is known. Its half-width is the largest
    of three: what chance within processes leaves open, what processes of any model here differ by, and what this
    pair's do: some models' differ more than others', as those of compiled did.
    """
    taken = [group for group in groups if group]
    within = centre_estimate([value for group in taken for value in group])
    if len(taken) < 2:
        return within
    centres = [centre_estimate(group).value for group in taken]
    own, freedom = stdev(centres), len(taken) - 1
    sd, between = own, student(CONFIDENCE, freedom) * own
    if shared is not None and shared.freedom > freedom:
        sd = sqrt(1 + 1 / instances) * shared.sd
        between = max(student(CONFIDENCE, shared.freedom) * sd, between)
    weights = _weights(taken, centres, sd)
    centre = sum(weight * each for weight, each in zip(weights, centres, strict=True))
    share = sqrt(sum(weight**2 for weight in weights))
    half = max(between * share, within.high - within.value, within.value - within.low)
    return Estimate(centre, centre - half, centre + half, within.bounded)


def _weights(groups: Sequence[Sequence[float]], centres: Sequence[float], sd: float) -> list[float]:
    """How much each generation says of the centre: alike where processes differ, by its pairs where they do not.

    The inverse of the variance of each centre: what processes differ by (``sd`` of the centres, less what chance within
    them adds to it) and chance among its own pairs (DerSimonian and Laird 1986, the random effects).
    """
    left = [(value - centre) ** 2 for group, centre in zip(groups, centres, strict=True) for value in group]
    of_one = sum(left) / max(1, len(left) - len(groups))
    chance = [of_one / len(group) for group in groups]
    apart = max(0.0, sd**2 - fmean(chance))
    if not apart + of_one:
        return [1 / len(groups)] * len(groups)
    inverse = [1 / (apart + each) for each in chance]
    return [each / sum(inverse) for each in inverse]


def latency_estimate(groups: Mapping[int, Sequence[Sequence[float]]]) -> Estimate:
    """Median of all samples with its 95% interval; ``groups`` holds the turns of each generation.

    The machine's drift from one generation to the next widens it like what processes differ by: a latency alone
    cannot tell the two apart. Of few processes Student's t may reach beyond every call that was ever made, where no
    median lies: the interval ends there.
    """
    taken = [turns for turns in groups.values() if turns]
    within = median_estimate([turn for turns in taken for turn in turns])
    if len(taken) < 2:
        return within
    logs = [log(each) for each in process_medians(groups)]
    width = exp(student(CONFIDENCE, len(logs) - 1) * stdev(logs) / sqrt(len(logs)))
    calls = [seconds for turns in taken for turn in turns for seconds in turn]
    low = max(min(calls), min(within.low, within.value / width))
    high = min(max(calls), max(within.high, within.value * width))
    return Estimate(within.value, low, high, within.bounded)


def process_medians(groups: Mapping[int, Sequence[Sequence[float]]]) -> list[float]:
    """The median of each generation's samples."""
    return [median(value for turn in turns for value in turn) for turns in groups.values() if turns]


def student(confidence: float, freedom: int) -> float:
    """The two-sided quantile of Student's t: exact for 1 and 2 degrees of freedom, else Fisher's series in 1/freedom
    (Abramowitz and Stegun 26.7.5), right to 0.3% from 3 on.
    """
    upper = (1 + confidence) / 2
    if freedom == 1:
        return tan(pi * (upper - 0.5))
    if freedom == 2:
        return (2 * upper - 1) / sqrt(2 * upper * (1 - upper))
    z = NormalDist().inv_cdf(upper)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom**power) for power, term in enumerate(terms, start=1))
