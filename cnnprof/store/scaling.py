"""A scaled family as the text of a file: where each network stands in it, and its columns."""

from __future__ import annotations

from dataclasses import asdict, fields

from cnnprof.records.columns import columns
from cnnprof.records.scaling import Scaling
from cnnprof.store.documents import profiles_json, rows_csv


def scaling_csv(scaling: Scaling) -> str:
    """One row a phi: the multipliers, the side of the input and the rule's cost, then the flat columns."""
    pairs = zip(scaling.points, scaling.comparison.profiles, strict=True)
    return rows_csv([{**asdict(point), **columns(profile)} for point, profile in pairs])


def scaling_json(scaling: Scaling) -> str:
    """One result a phi, and under ``scaling`` the rule, the points in the order of the results and the exponents."""
    comparison = scaling.comparison
    rule = {
        field.name: getattr(scaling, field.name) for field in fields(scaling) if field.name != "comparison"
    }
    return profiles_json(comparison.profiles, comparison, scaling=rule)
