"""Profiles with only the figures that comparing reads."""

from __future__ import annotations

from cnnprof.records.counts import Counts
from cnnprof.records.environment import Environment
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request
from cnnprof.records.timing import Ratio, Timing

ENVIRONMENT = Environment(
    cpu="Some CPU",
    architecture="x86_64",
    cores=2,
    cores_allowed=2,
    quota_cores=None,
    governor=None,
    load_1min=None,
    memory_bytes=None,
    cache_bytes={},
    virtualised=None,
    system="Linux",
    python="3.10",
)


def timing(median_s: float) -> Timing:
    return Timing(median_s, median_s, median_s, median_s, None, 20, True, 10, 0.1, 0.1, ())


def ratio(value: float, low: float, high: float, verdict: str, needed_s: float | None = None) -> Ratio:
    return Ratio(value, low, high, verdict, pairs=30, floor=0.01, needed_s=needed_s)


def profile(
    name: str,
    macs: int,
    seconds: float | None = None,
    against: Ratio | None = None,
    *,
    params: int = 1000,
    memory_bytes: int = 4000,
    threads: int = 2,
    dtype: str = "float32",
    batch: int = 1,
) -> Profile:
    counts = Counts(params, macs, 2 * macs, 10, memory_bytes, 10, 10, 10, (), ())
    return Profile(
        request=Request(model=name, dtype=dtype, batch=batch),
        source="zoo",
        counts=counts,
        environment=ENVIRONMENT,
        timing=None if seconds is None else timing(seconds),
        ratio=against,
        threads=threads,
    )
