"""The flat columns that CSV, JSON and data frames share: raw values, None for what was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnprof.records.entry import Entry
from cnnprof.records.notation import input_text, uncounted_text
from cnnprof.records.profile import Profile
from cnnprof.records.timing import Timing

# Every column in its order, with its kind. The names are a contract: scripts rely on them.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "model": "text",
        "source": "text",
        "family": "text",
        "task": "text",
        "batch": "integer",
        "input": "text",
        "dtype": "text",
        "params": "integer",
        "macs": "integer",
        "flops": "integer",
        "activations": "integer",
        "memory_bytes": "integer",
        "memory_paper_bytes": "integer",
        "memory_fused_bytes": "integer",
        "peak_bytes": "integer",
        "intensity": "number",
        "uncounted_ops": "text",
        "published_params": "integer",
        "published_macs": "integer",
        "published_metric": "number",
        "runtime": "text",
        "device": "text",
        "threads": "integer",
        "channels_last": "flag",
        "latency_ms": "number",
        "latency_ms_low": "number",
        "latency_ms_high": "number",
        "latency_ms_min": "number",
        "latency_ms_p90": "number",
        "latency_samples": "integer",
        "throughput_per_s": "number",
        "gmacs_per_s": "number",
        "roofline_ms": "number",
        "roofline_fraction": "number",
        "ratio": "number",
        "ratio_low": "number",
        "ratio_high": "number",
        "verdict": "text",
        "stable": "flag",
        "warnings": "text",
    }
)
COLUMNS = tuple(KINDS)


def columns(profile: Profile) -> dict[str, object]:
    """Every column of one profile, in order; ``uncounted_ops`` is empty text where every op was counted."""
    found = {
        **_identity(profile),
        **_costs(profile),
        **_published(profile.published),
        "published_metric": profile.published_metric,
        **_setting(profile),
        **_latency(profile),
        **_roofline(profile),
        **_ratio(profile),
        "warnings": "; ".join(warnings(profile)),
    }
    return {name: found.get(name) for name in COLUMNS}


def warnings(profile: Profile) -> tuple[str, ...]:
    """The warnings of a profile, its preparation and its timing, and why it was not timed, each once."""
    prepared = profile.preparation.warnings if profile.preparation else ()
    timed = profile.timing.warnings if profile.timing else ()
    failed = (profile.failure,) if profile.failure else ()
    return tuple(dict.fromkeys((*profile.warnings, *prepared, *timed, *failed)))


def _identity(profile: Profile) -> dict[str, object]:
    request, entry = profile.request, profile.entry
    return {
        "model": request.model,
        "source": profile.source,
        "family": entry.family if entry else None,
        "task": entry.task if entry else None,
        "batch": request.batch,
        "input": input_text(request.inputs),
        "dtype": request.dtype,
    }


def _costs(profile: Profile) -> dict[str, object]:
    counts = profile.counts
    return {
        "params": counts.params,
        "macs": counts.macs,
        "flops": counts.flops,
        "activations": counts.activations,
        "memory_bytes": counts.memory_bytes,
        "memory_paper_bytes": counts.memory_paper_bytes,
        "memory_fused_bytes": counts.memory_fused_bytes,
        "peak_bytes": counts.peak_bytes,
        "intensity": counts.intensity,
        "uncounted_ops": uncounted_text(counts.uncounted_ops),
    }


def _published(entry: Entry | None) -> dict[str, object]:
    if entry is None:
        return {}
    return {
        "published_params": round(entry.params.value) if entry.params else None,
        "published_macs": round(entry.macs.value) if entry.macs else None,
    }


def _setting(profile: Profile) -> dict[str, object]:
    return {
        "runtime": profile.request.runtime,
        "device": profile.device,
        "threads": profile.threads if profile.threads is not None else profile.request.threads,
        "channels_last": profile.request.channels_last,
    }


def _latency(profile: Profile) -> dict[str, object]:
    timing = profile.timing
    if timing is None:
        return {}
    low, high = _interval(timing.low_s, timing.high_s)
    return {
        "latency_ms": timing.median_s * 1e3,
        "latency_ms_low": low and low * 1e3,
        "latency_ms_high": high and high * 1e3,
        "latency_ms_min": timing.min_s * 1e3,
        "latency_ms_p90": None if timing.p90_s is None else timing.p90_s * 1e3,
        "latency_samples": timing.samples,
        "throughput_per_s": images_per_second(profile, timing),
        "gmacs_per_s": gmacs_per_second(profile, timing),
        "stable": timing.stable,
    }


def _interval(low: float, high: float) -> tuple[float, float] | tuple[None, None]:
    """Both ends; none where too few samples gave no interval, which the record holds as one without a length."""
    return (low, high) if low < high else (None, None)


def images_per_second(profile: Profile, timing: Timing) -> float | None:
    """Images a second at the median latency of one batch."""
    return profile.request.batch / timing.median_s if timing.median_s > 0 else None


def gmacs_per_second(profile: Profile, timing: Timing) -> float | None:
    """Multiply-accumulates achieved a second, in 10^9; both sides are for the batch as given."""
    return profile.counts.macs / timing.median_s / 1e9 if timing.median_s > 0 else None


def _roofline(profile: Profile) -> dict[str, object]:
    """The physical floor, and its share of the latency."""
    roofline, timing = profile.roofline, profile.timing
    if roofline is None:
        return {}
    reached = roofline.floor_s / timing.median_s if timing is not None and timing.median_s > 0 else None
    return {"roofline_ms": roofline.floor_s * 1e3, "roofline_fraction": reached}


def _ratio(profile: Profile) -> dict[str, object]:
    ratio = profile.ratio
    if ratio is None:
        return {}
    low, high = (1.0, 1.0) if ratio.verdict == "baseline" else _interval(ratio.low, ratio.high)
    return {
        "ratio": ratio.ratio,
        "ratio_low": low,
        "ratio_high": high,
        "verdict": ratio.verdict,
    }
