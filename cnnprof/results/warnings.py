"""What is to be warned of, for several networks together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison


def all_warnings(comparison: Comparison) -> list[str]:
    """Each warning once: the comparison's, and the models' under the names of those it is about."""
    from cnnprof.records.columns import warnings
    from cnnprof.records.labels import named_together

    concerned: dict[str, list[int]] = {}
    for place, profile in enumerate(comparison.profiles):
        for warning in warnings(profile):
            if warning != profile.failure:  # the report says why
                concerned.setdefault(warning, []).append(place)
    several = len(comparison.profiles) > 1
    named = [
        f"{named_together(comparison.profiles, places)}: {warning}" if several else warning
        for warning, places in concerned.items()
    ]
    return [*comparison.warnings, *named]
