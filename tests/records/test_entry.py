"""A count agrees with a published figure where it would be printed as that, rounded or cut off."""

from __future__ import annotations

import pytest

from cnnprof.records.entry import Figure


@pytest.mark.parametrize(
    ("counted", "agrees"), [(12.49e6, False), (12.5e6, True), (13e6, True), (13.99e6, True), (14e6, False)]
)
def test_a_count_agrees_where_it_prints_alike(counted: float, agrees: bool) -> None:
    assert Figure(13e6, 1e6, "table 2").agrees_with(counted) is agrees
