"""Reports of one network as the text of a CSV file: raw values, whatever the printed table leaves out or rounds."""

from __future__ import annotations

from dataclasses import asdict, fields

from cnnprof.records.explanation import CAUSES, Explanation, Part
from cnnprof.records.guidelines import Finding
from cnnprof.records.profile import Profile
from cnnprof.store.documents import rows_csv


def peak_csv(profile: Profile) -> str:
    """One row a step of each order that the ops may run in."""
    orders = profile.peak.orders if profile.peak is not None else ()
    ops = profile.counts.ops
    return rows_csv(
        [
            {
                "order": order.order,
                "op": place,
                "path": ops[place].path if ops else "",
                "kind": ops[place].kind if ops else "",
                "live_bytes": size,
                "peak": step == order.step,
            }
            for order in orders
            for step, (place, size) in enumerate(zip(order.places, order.live_bytes, strict=True))
        ]
    )


def counters_csv(profile: Profile) -> str:
    """One row a counter without a reason, then a row for each part of what it differs by."""
    return rows_csv(
        [
            {"convention": convention.name, "reason": reason, "amount": amount}
            for convention in profile.conventions
            for reason, amount in (("", convention.total), *convention.reasons(profile.counts.macs))
        ]
    )


def findings_csv(profile: Profile) -> str:
    """One row a finding of the guidelines."""
    findings = profile.guidelines.findings if profile.guidelines else ()
    return rows_csv([asdict(finding) for finding in findings], [field.name for field in fields(Finding)])


def explanation_csv(found: Explanation) -> str:
    """Seconds of each kind and cause with the ends of their interval; rows of cause ``all`` add up over causes."""
    models = {"first": found.models[0], "second": found.models[1]}
    parts = (*found.parts, found.total)
    return rows_csv(
        [{**models, **_part_columns(part, cause)} for part in parts for cause in (*CAUSES, "all")]
    )


def _part_columns(part: Part, cause: str) -> dict[str, object]:
    whole = cause == "all"
    amount = part.difference if whole else getattr(part, cause)
    return {
        "kind": part.kind,
        "cause": cause,
        "seconds": amount.seconds,
        "seconds_low": amount.low,
        "seconds_high": amount.high,
        "first_s": part.times[0] if whole else None,
        "second_s": part.times[1] if whole else None,
        "first_layers": part.layers[0] if whole else None,
        "second_layers": part.layers[1] if whole else None,
    }
