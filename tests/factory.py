"""Hand-made records, so that what reads them is tested without torch and without measuring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnnprof.records.convention import Audit, Convention, ConventionFigure, Difference
from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.entry import Entry, Figure, Paper, Reference
from cnnprof.records.environment import Environment
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Correlation
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement, Ratio, Timing, Turn, Witness


def environment() -> Environment:
    return Environment(
        cpu="Example 9000 16-Core Processor",
        architecture="x86_64",
        cores=16,
        cores_allowed=4,
        quota_cores=2.0,
        governor=None,
        load_1min=0.25,
        memory_bytes=16_000_000_000,
        cache_bytes={"L1d": 32_768, "L2": 1_048_576},
        virtualised=True,
        system="Linux 6.1.0",
        python="3.11.7",
        versions={"torch": "2.13.0", "cnnprof": "0.1.0"},
        flags={"mkldnn": "on"},
    )


def op(kind: str, path: str, params: int, macs: int, memory_bytes: int, status: str = "costed") -> OpCounts:
    return OpCounts(
        kind=kind,
        function=f"torch.{kind}",
        path=path,
        module="Conv2d",
        input_shapes=((1, 32, 112, 112),),
        output_shapes=((1, 64, 112, 112),),
        status=status,
        params=params,
        macs=macs,
        flops=2 * macs + params,
        activations=macs // 100,
        memory_bytes=memory_bytes,
        memory_paper_bytes=memory_bytes // 2,
        memory_fused_bytes=memory_bytes // 4,
    )


OPS = (
    op("conv", "features.0.conv", 864, 10_838_016, 2_211_328),
    op("batch_norm", "features.0.norm", 64, 0, 3_211_776),
    op("relu", "features.0.act", 0, 0, 3_211_264),
    op("conv", "features.1.conv", 18_432, 231_211_008, 4_890_624),
    op("view", "", 0, 0, 0, "free"),
    op("linear", "classifier", 1_281_000, 1_280_000, 5_133_120),
)


def counts(ops: Sequence[OpCounts] = OPS, uncounted: tuple[tuple[str, int], ...] = ()) -> Counts:
    return Counts(
        params=sum(op.params for op in ops),
        macs=sum(op.macs for op in ops),
        flops=sum(op.flops for op in ops),
        activations=sum(op.activations for op in ops),
        memory_bytes=sum(op.memory_bytes for op in ops),
        memory_paper_bytes=sum(op.memory_paper_bytes for op in ops),
        memory_fused_bytes=sum(op.memory_fused_bytes for op in ops),
        peak_bytes=6_422_528,
        uncounted_ops=uncounted,
        ops=tuple(ops),
    )


def entry(name: str = "shufflenet_v2", task: str = "classification") -> Entry:
    return Entry(
        name,
        "shufflenet_v2",
        Paper("Practical Guidelines for Efficient CNN Architecture Design", 2018, "1807.11164"),
        "shufflenet_v2:shufflenet_v2",
        Reference("torchvision 0.29.1", 1_300_360, 243_329_024),
        task=task,
        params=Figure(1.3e6, 0.1e6, "Table 8"),
        macs=Figure(146e6, 1e6, "Table 8"),
        metric=Figure(69.4, 0.1, "Table 8"),
        differs="the authors' layout has more",
    )


def turns(seconds: float) -> tuple[Turn, ...]:
    witness = Witness(stolen_s=0.0, foreign_s=0.01, switches=3)
    return (
        Turn(0, 0, (seconds, seconds * 1.01), witness),
        Turn(1, 1, (seconds * 0.99, seconds * 2), witness, dropped="foreign"),
    )


def timing(seconds: float = 0.01234, warnings: tuple[str, ...] = ()) -> Timing:
    return Timing(
        median_s=seconds,
        low_s=seconds * 0.981,
        high_s=seconds * 1.018,
        min_s=seconds * 0.97,
        p90_s=seconds * 1.1,
        samples=1240,
        stable=True,
        warmup_calls=12,
        warmup_s=0.4,
        first_call_s=0.09,
        turns=turns(seconds),
        warnings=warnings,
    )


BASELINE = Ratio(1.0, 1.0, 1.0, "baseline", 0)


def ratio(value: float, verdict: str) -> Ratio:
    return Ratio(value, value * 0.975, value * 1.025, verdict, 40, floor=0.018, needed_s=None)


def profile(
    model: str = "shufflenet_v2", seconds: float | None = 0.01234, against: Ratio | None = None
) -> Profile:
    """One model of the zoo; not timed where ``seconds`` is None."""
    return Profile(
        request=Request(model, inputs=((3, 224, 224),), threads=2, latency=seconds is not None),
        source="zoo",
        counts=counts(),
        environment=environment(),
        entry=entry(model),
        timing=None if seconds is None else timing(seconds),
        ratio=against if seconds is not None else None,
        device="cpu",
        threads=2 if seconds is not None else None,
    )


MODELS = (
    ("shufflenet_v2", 0.01234, 1.0, BASELINE),
    ("ghostnet", 0.02, 0.97, ratio(1.62, "slower")),
    ("mobilenet_v2", 0.0125, 2.08, ratio(1.004, "not resolved")),
    ("squeezenet1_1", 0.0093, 2.41, ratio(0.7541, "faster")),
    ("resnet18", 0.1503, 12.6, ratio(12.18, "slower")),
)


def comparison(models: int = 3, timed: bool = True) -> Comparison:
    """Up to five models; ``macs`` scaled by the third figure of MODELS."""
    profiles = tuple(
        _scaled(profile(name, seconds if timed else None, against), factor)
        for name, seconds, factor, against in MODELS[:models]
    )
    correlations = tuple(
        Correlation(column, models, rho, runtime="eager", batch=1)
        for column, rho in (("macs", 0.5), ("memory_bytes", 0.9))
    )
    return Comparison(
        profiles=profiles,
        baseline=0,
        measurement=measurement(profiles) if timed else None,
        sentences=(
            "ghostnet: 0.97x the multiply-adds of shufflenet_v2, 1.62x the time [1.58, 1.66]: "
            "FLOPs did not tell the truth",
        )
        if timed
        else (),
        correlations=correlations if models >= 5 else (),
    )


def measurement(profiles: Sequence[Profile]) -> Measurement:
    return Measurement(
        timings=tuple(found.timing for found in profiles if found.timing),
        ratios=tuple(found.ratio or BASELINE for found in profiles),
        rounds=42,
        dropped_rounds=2,
        spent_s=19.4,
        floor=0.018,
    )


def _scaled(found: Profile, factor: float) -> Profile:
    macs = round(found.counts.macs * factor)
    return replace(found, counts=replace(found.counts, macs=macs))


def convention() -> Convention:
    figures = (
        ConventionFigure("Total params", 2_278_604, "2,278,604"),
        ConventionFigure("Total memory", 23_174_500, "22.10MB"),
    )
    return Convention("torchstat", "torchstat counts modules, not functions", figures)


def audit() -> Audit:
    return Audit(
        "fvcore",
        "0.1.5",
        ours=1000,
        theirs=1290,
        differences=(
            Difference("batch_norm", "features.0.norm", 0, 200, "fvcore counts batch norm"),
            Difference("avg_pool", "pool", 0, 100, "fvcore counts pooling"),
            Difference("matmul", "", 50, 0, "not counted by fvcore"),
            Difference("batch_norm", "features.1.norm", 0, 40, "fvcore counts batch norm"),
        ),
    )
