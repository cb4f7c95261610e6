"""The report of ``scale`` where a member of the family could not be timed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.records.profile import Profile
from cnnprof.records.scaling import Exponent, ScaledPoint, Scaling
from cnnprof.render.scaling import scaling_report
from cnnprof.render.text.console import plain_text
from tests.factory import comparison
from tests.golden import check_report

REASON = "the worker was killed: out of memory"


def failed(profile: Profile) -> Profile:
    return replace(profile, timing=None, ratio=None, failure=REASON)


def scaling(missing: int) -> Scaling:
    """Three members; the one at place ``missing`` was not timed, and without the first none has a ratio."""
    found = comparison(3)
    profiles = [failed(one) if place == missing else one for place, one in enumerate(found.profiles)]
    if missing == 0:
        profiles = [replace(one, ratio=None) for one in profiles]
    points = tuple(ScaledPoint(phi, 1.2**phi, 1.1**phi, 224, 1.92**phi) for phi in (0.0, 1.0, 2.0))
    exponents = (Exponent("depth", 1.0, 0.98), Exponent("width", 2.0, None, "no width_mult"))
    return Scaling(
        "efficientnet_b0", 1.2, 1.1, 1.15, points, replace(found, profiles=tuple(profiles)), exponents
    )


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_member_that_was_not_timed_is_a_row_with_its_reason(missing: int) -> None:
    text = plain_text(scaling_report(scaling(missing)))
    assert text.count("not timed") == 2  # in its row and below the table
    name = scaling(missing).comparison.profiles[missing].request.model
    assert f"not timed: {name}: {REASON}" in text
    rows = [line for line in text.splitlines() if line.lstrip().startswith(f"{missing} ")]
    assert "not timed" in rows[0]


def test_ratios_are_to_the_first_row_or_not_there() -> None:
    rows = [line for line in plain_text(scaling_report(scaling(0))).splitlines() if "[" in line]
    assert len(rows) == 2
    assert all(row.endswith("]") for row in rows), "a latency, and no time ratio behind it"


@pytest.mark.parametrize(("label", "width"), [("80", 80), ("piped", None)])
def test_report(label: str, width: int | None) -> None:
    check_report(f"scaling_{label}.txt", scaling_report(scaling(2)), width)
