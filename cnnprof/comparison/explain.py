"""The time gap between two networks, by kind of op and by cause, in parts that add up to it exactly.

The gap is that of calls without counters, taken in turns. With ``T`` the time of all layers of a kind in a network,
as the counters tell it, and ``rest`` what remains of the call without counters:

    gap = sum over kinds of (T_B - T_A) + (rest_B - rest_A)

Each kind's time is overhead and work: ``T = n o + e W``. ``n`` layers cost ``o`` each whatever they compute; ``W`` is
the time that their work takes at the machine's measured limits, ``W = C + M`` over layers bound by arithmetic and by
memory (the roofline of Williams et al. 2009), and ``e`` is how many times that it took. The difference of a product in
halves, ``e_B W_B - e_A W_A = e' (W_B - W_A) + W' (e_B - e_A)`` with ``e'`` and ``W'`` the means of both networks
(Shapley's value for two factors, Marshall and Edgeworth's index), gives

    T_B - T_A = e' (C_B - C_A)   more arithmetic
              + e' (M_B - M_A)   more bytes
              + o (n_B - n_A)    overhead of more ops
              + W' (e_B - e_A)   lower efficiency at equal work

without a remainder. ``o`` is what a layer of the kind takes at no work: where the line through the kind's layers in
both networks, time over work, begins (Theil 1950, Sen 1968), kept between 0 and the quickest layer. Where one network
has no work of a kind, the other's ``e`` holds for both: all of it is work. The rest of the call is overhead. Intervals
come from drawing the rounds anew (Efron 1979), the same for both networks; ``o`` and ``e`` are found anew in each draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.comparison.typical import Typical, amount, draw_rounds, shared_rounds, tail_of
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.explanation import CAUSES, Explanation, Part, TimedNetwork
from cnnprof.records.timing import Ratio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Series = dict[str, Floats]

LEAST_POINTS = 3
SLOPES = 4_000_000  # worked out at once, of as many draws as that holds: 32 MB
OUTSIDE = "outside layers"


def explain(
    first: TimedNetwork,
    second: TimedNetwork,
    ratio: Ratio,
    slowdowns: tuple[Ratio, Ratio],
    ceilings: Ceilings,
    runtime: str,
) -> Explanation:
    """The gap of ``second`` to ``first``; see the head of this file for the model.

    ``ceilings`` are the machine's limits, which the work of both was weighed with.
    """
    networks = (first, second)
    rounds = shared_rounds(networks)
    draws = draw_rounds(len(rounds))
    typical = [Typical(network, rounds, draws) for network in networks]
    parts = _parts(typical, tail_of(len(rounds)))
    return Explanation(
        models=(first.model, second.model),
        runtime=runtime,
        ratio=ratio,
        latencies=(float(typical[0].call[0]), float(typical[1].call[0])),
        total=parts[-1],
        parts=parts[:-1],
        slowdowns=slowdowns,
        scales=(float(typical[0].scale[0]), float(typical[1].scale[0])),
        macs_per_s=ceilings.macs.per_s,
        bytes_per_s=ceilings.memory.per_s,
        rounds=len(rounds),
    )


def _parts(typical: Sequence[Typical], tail: float | None) -> tuple[Part, ...]:
    """Every kind in the order of the first network's, the rest of the call, and last their sum."""
    kinds = dict.fromkeys(kind for each in typical for kind in each.kinds)
    overheads = {kind: layer_overhead_s([p for each in typical for p in each.points(kind)]) for kind in kinds}
    series = [(kind, _causes_of(kind, typical, overheads[kind])) for kind in kinds]
    series.append((OUTSIDE, _only_overhead(typical[1].rest - typical[0].rest)))
    whole = {
        cause: sum((found[cause] for _, found in series), start=0.0 * typical[0].call) for cause in CAUSES
    }
    of_one = {kind: float(overhead_s[0]) for kind, overhead_s in overheads.items()}
    parts = [_part(kind, found, typical, tail, of_one.get(kind, 0.0)) for kind, found in series]
    return (*parts, _part("total", whole, typical, tail))


def layer_overhead_s(points: Sequence[tuple[float, Floats]]) -> Floats:
    """What a layer of a kind takes at no work, for each draw, from every layer's work and times of each draw; 0 where
    too few differ in their work to draw a line through.
    """
    import numpy as np

    works = np.asarray([work for work, _ in points])
    times = np.stack([seconds for _, seconds in points], axis=1) if points else np.zeros((1, 0))
    if len(set(works)) < LEAST_POINTS:
        return np.zeros(len(times))
    begins = np.median(times - _slopes(works, times)[:, None] * works, axis=1)
    return np.asarray(np.clip(begins, 0.0, times.min(axis=1)))


def _slopes(works: Floats, times: Floats) -> Floats:
    """The slope of each draw's line: the median of those through any two layers that differ in their work."""
    import numpy as np

    one, two = np.triu_indices(len(works), 1)
    differ = works[one] != works[two]
    one, two = one[differ], two[differ]
    pieces = np.array_split(times, -(-len(times) * len(one) // SLOPES))
    return np.concatenate(
        [np.median((piece[:, two] - piece[:, one]) / (works[two] - works[one]), axis=1) for piece in pieces]
    )


def _causes_of(kind: str, typical: Sequence[Typical], overhead_s: Floats) -> Series:
    """The difference in one kind's time by cause, for each draw: the equation at the head of this file."""
    a, b = (each.work(kind) for each in typical)
    time_a, time_b = (each.time(kind) for each in typical)
    work_a, work_b = a.compute_s + a.memory_s, b.compute_s + b.memory_s
    if not work_a and not work_b:
        return _only_overhead(time_b - time_a)
    spent_a, spent_b = time_a - overhead_s * a.layers, time_b - overhead_s * b.layers
    times_a = spent_a / work_a if work_a else spent_b / work_b
    times_b = spent_b / work_b if work_b else spent_a / work_a
    usual = (times_a + times_b) / 2
    efficiency = (work_a + work_b) / 2 * (times_b - times_a)
    arithmetic, memory = usual * (b.compute_s - a.compute_s), usual * (b.memory_s - a.memory_s)
    # What a kind without work took in one network is overhead whatever its layers are.
    overhead = (time_b - time_a) - arithmetic - memory - efficiency
    return {"arithmetic": arithmetic, "memory": memory, "overhead": overhead, "efficiency": efficiency}


def _only_overhead(difference: Floats) -> Series:
    nothing = 0.0 * difference
    return {"arithmetic": nothing, "memory": nothing, "overhead": difference, "efficiency": nothing}


def _part(
    kind: str, found: Series, typical: Sequence[Typical], tail: float | None, layer_overhead_s: float = 0.0
) -> Part:
    amounts = {cause: amount(found[cause], tail) for cause in CAUSES}
    a, b = (each.work(kind) for each in typical)
    part = Part(
        kind=kind,
        difference=amount(sum((found[cause] for cause in CAUSES), start=0.0 * found["memory"]), tail),
        times=(_time(typical[0], kind), _time(typical[1], kind)),
        layers=(a.layers, b.layers),
        macs=(a.macs, b.macs),
        memory_bytes=(a.memory_bytes, b.memory_bytes),
        layer_overhead_s=layer_overhead_s,
        **amounts,
    )
    return _with_sums(part, typical) if kind == "total" else part


def _time(typical: Typical, kind: str) -> float:
    series = {OUTSIDE: typical.rest, "total": typical.call}.get(kind, typical.time(kind))
    return float(series[0])


def _with_sums(part: Part, typical: Sequence[Typical]) -> Part:
    a, b = (each.network for each in typical)
    layers = (sum(kind.layers for kind in a.kinds), sum(kind.layers for kind in b.kinds))
    return replace(part, layers=layers, macs=(a.macs, b.macs), memory_bytes=(a.memory_bytes, b.memory_bytes))
