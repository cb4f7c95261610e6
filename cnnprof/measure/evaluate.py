"""From turns to the measurement: a pure function, so that the same samples always give the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from cnnprof.measure.samples import Samples
from cnnprof.measure.statistics.between import process_medians
from cnnprof.measure.statistics.disturbance import own_waiting, remedy
from cnnprof.measure.statistics.medians import Estimate, p90
from cnnprof.measure.statistics.outliers import classify
from cnnprof.measure.statistics.ratio import pair_ratio
from cnnprof.measure.warmup import Warmup
from cnnprof.records.timing import Measurement, Ratio, Timing, Turn

FAULT_S = 1e-6  # 0.5 to 1.5 us, measured
LAUNCH_SHARE = 0.9  # of a call's time on the device, from which on the device waits for the host
BASELINE = Ratio(ratio=1.0, low=1.0, high=1.0, verdict="baseline", pairs=0)


def evaluate(
    samples: Samples,
    *,
    spent_s: float,
    startup_s: float = 0.0,
    interrupted: bool = False,
    warnings: Sequence[str] = (),
) -> Measurement:
    """Latency of every model, ratio of each to the baseline, and the floor that the twin shows."""
    spread = samples.spread
    rounds = len({turn.round for of_model in samples.turns for turn in of_model})
    return Measurement(
        timings=tuple(_timing(samples, index) for index in range(samples.models)),
        ratios=ratios_of(samples, spent_s),
        rounds=rounds,
        dropped_rounds=len(samples.dropped),
        spent_s=spent_s,
        floor=samples.floor,
        interrupted=interrupted,
        warnings=(*warnings, *_warnings(samples, rounds)),
        processes=samples.processes(),
        process_sd=None if spread is None else spread.sd,
        process_freedom=0 if spread is None else spread.freedom,
        startup_s=startup_s,
        twin=samples.turns[-1] if samples.has_twin else (),
    )


def _timing(samples: Samples, index: int) -> Timing:
    kept = samples.kept(index) or list(samples.turns[index])
    values = [seconds for turn in kept for seconds in turn.counted]
    by_process = samples.by_process(index)
    middle, medians = samples.latency(index), process_medians(by_process)
    warmup = samples.warmups[index]
    # Of too few samples there is no interval at this level: what they span would be taken for one.
    low, high = (middle.low, middle.high) if middle.bounded else (middle.value, middle.value)
    return Timing(
        median_s=middle.value,
        low_s=low,
        high_s=high,
        min_s=min(values),
        p90_s=p90(values),
        samples=len(values),
        stable=warmup.steady and samples.trusted,
        warmup_calls=warmup.calls,
        warmup_s=warmup.seconds,
        first_call_s=warmup.first_call_s,
        turns=samples.turns[index],
        warnings=tuple(_doubts(warmup, middle, kept)),
        spread=max(medians) / min(medians) - 1 if len(medians) > 1 else None,
        outliers=classify([seconds for turn in turns for seconds in turn] for turns in by_process.values()),
    )


def ratios_of(samples: Samples, spent_s: float) -> tuple[Ratio, ...]:
    """Each model's ratio to the baseline; none without one. ``spent_s`` is what measuring took so far."""
    if samples.baseline is None:
        return ()
    base, floor, spread = samples.baseline, samples.floor, samples.spread
    return tuple(
        BASELINE
        if index == base
        else pair_ratio(
            samples.groups(index, base),
            spread,
            floor,
            trusted=samples.trusted,
            spent_s=spent_s,
            instances=len(samples.instances(base)),
        )
        for index in range(samples.models)
    )


def _doubts(warmup: Warmup, middle: Estimate, turns: Sequence[Turn]) -> list[str]:
    """Why one model's latency may not be what a user would see."""
    doubts = []
    if not warmup.steady:
        doubts.append("not steady after the warm-up")
    if not middle.bounded:
        doubts.append("too few samples for a 95 % interval")
    faults = faults_per_call(turns)
    if faults is not None and faults * FAULT_S > 0.02 * middle.value:
        doubts.append(
            f"{faults:.0f} page faults a call: the allocator gives memory back and fetches it again"
        )
    launches = [turn.launch_s for turn in turns if turn.launch_s is not None]
    if launches and median(launches) >= LAUNCH_SHARE * middle.value:
        doubts.append(
            "launch-bound: queueing a call takes the host as long as the call itself; a larger --batch shows the device"
        )
    return doubts


def faults_per_call(turns: Sequence[Turn]) -> float | None:
    """Median over turns, since a single one may grow the heap for good; None where not counted."""
    counts = [turn.witness.faults / len(turn.watched) for turn in turns if turn.witness.faults is not None]
    return median(counts) if counts else None


def _warnings(samples: Samples, rounds: int) -> list[str]:
    """What a reader must know before believing the figures."""
    warnings = []
    of_all = f"{samples.disturbed} of {rounds} round{'s' if rounds != 1 else ''}"
    disturbed = f"{of_all} disturbed ({', '.join(samples.reasons)})"
    if not samples.trusted:
        threads = max((turn.witness.threads or 0 for turns in samples.turns for turn in turns), default=0)
        remedies = ", ".join(remedy(reason, threads) for reason in samples.reasons)
        warnings.append(
            f"{disturbed}, too many to drop: the figures include them, and no pair is resolved; {remedies}"
        )
    elif samples.disturbed > rounds / 2:
        warnings.append(f"{disturbed} and dropped")
    if own_waiting(turn for of_model in samples.turns for turn in of_model):
        warnings.append("the model's own threads wait for each other: fewer --threads may be faster")
    return warnings
