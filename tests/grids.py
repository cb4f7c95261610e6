"""Grids of hand-made profiles, with the pairs that a session would have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from cnnprof.comparison.standing import stand
from cnnprof.pipeline.grid import in_their_setting
from cnnprof.records.counts import Counts
from cnnprof.records.entry import Figure
from cnnprof.records.grid import grid_of, setting_of
from cnnprof.records.preparation import Preparation
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Ratio
from tests.factory import BASELINE, measurement, profile

FLOOR = 0.018

# Model, macs, published top-1 %, seconds at batch 1 under eager and under onnxruntime.
NETS = (
    ("shufflenet_v2", 144_907_992, 69.4, 0.01534, 0.00412),
    ("ghostnet", 141_150_512, 73.9, 0.02342, 0.00651),
    ("mobilenet_v2", 300_774_272, 72.0, 0.01718, 0.00699),
    ("squeezenet1_1", 349_152_000, 58.178, 0.01541, 0.00521),
    ("mnasnet1_0", 314_415_000, 73.456, 0.01705, 0.00682),
    ("resnet18", 1_814_073_344, 69.758, 0.04423, 0.02211),
)
RUNTIMES = ("eager", "onnxruntime")


def cell(net: int, runtime: str = "eager", batch: int = 1, dtype: str = "float32") -> Profile:
    """One network at one setting; a batch takes nine tenths of what its images take one by one, and int8 half as long
    but for the first network, which it does nothing for.
    """
    name, macs, metric, eager, other = NETS[net]
    seconds = (eager if runtime == "eager" else other) * (batch * 0.9 if batch > 1 else 1)
    seconds /= 2 if dtype == "int8" and net else 1
    found = profile(name, seconds)
    assert found.entry is not None
    return replace(
        found,
        request=replace(found.request, runtime=runtime, batch=batch, dtype=dtype),
        counts=_counts(found.counts, net, macs * batch),
        entry=replace(found.entry, metric=Figure(metric, 0.1, "Table 1")),
    )


def _counts(counts: Counts, net: int, macs: int) -> Counts:
    """Other costs grow with the place in the list, each in another order."""
    return replace(
        counts,
        macs=macs,
        flops=2 * macs + 1000,
        memory_bytes=10**7 * (1 + net * 5 % 7),
        memory_paper_bytes=10**6 * (1 + net * 3 % 7),
        memory_fused_bytes=10**6 * (9 - net),
        activations=10**5 * (1 + net),
        params=10**6 * (1 + net * 2 % 7),
    )


def grid(
    nets: Sequence[int] = (0, 1, 2),
    runtimes: Sequence[str] = RUNTIMES,
    batches: Sequence[int] = (1,),
    failing: str = "",
    dtypes: Sequence[str] = ("float32",),
) -> Comparison:
    """Every network at every setting; ``failing`` names a runtime under which the second network was not timed."""
    profiles = [
        cell(net, runtime, batch, dtype)
        for runtime in runtimes
        for dtype in dtypes
        for batch in batches
        for net in nets
    ]
    profiles = [
        replace(found, timing=None, failure="the worker was killed: out of memory")
        if found.request.runtime == failing and found.request.model == NETS[nets[1]][0]
        else found
        for found in profiles
    ]
    pairs = pairs_of(profiles)
    to_first = {pair.place: pair.ratio for pair in pairs if pair.base == 0}
    profiles = [
        replace(found, ratio=to_first.get(place, BASELINE if place == 0 else None))
        for place, found in enumerate(profiles)
    ]
    session = measurement([found for found in profiles if found.timing])
    return stand(in_their_setting(profiles, 0, pairs), 0, session, pairs)


def pairs_of(profiles: Sequence[Profile]) -> tuple[Pair, ...]:
    """The ratios of the medians, with an interval of 1.2 % to both sides, for all that share a setting or a model."""
    found = []
    cells = {place: row for row, places in enumerate(grid_of(profiles).cells) for place in places}
    for base, place in combinations(range(len(profiles)), 2):
        one, other = profiles[place], profiles[base]
        same = setting_of(one) == setting_of(other)
        if one.timing and other.timing and (same or cells[place] == cells[base]):
            found.append(Pair(place, base, ratio_of(one.timing.median_s / other.timing.median_s)))
    return tuple(found)


def ratio_of(value: float) -> Ratio:
    """A ratio whose verdict follows from the floor alone."""
    resolved = abs(value - 1) > FLOOR
    verdict = ("faster" if value < 1 else "slower") if resolved else "not resolved"
    return Ratio(value, value / 1.012, value * 1.012, verdict, 40, FLOOR)


def prepared(found: Profile) -> Profile:
    """With what it took to make the runtime ready."""
    preparations = {
        "eager": Preparation(first_call_s=0.0812, error=0.0),
        "onnxruntime": Preparation(convert_s=5.234, first_call_s=0.0123, error=3.1e-6),
        "openvino": Preparation(convert_s=0.0413, cached=True, first_call_s=0.0091, error=2.9e-6),
    }
    return replace(found, preparation=preparations[found.request.runtime])
