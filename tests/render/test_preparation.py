"""How a runtime was made ready, as the report of one model shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.records.preparation import Preparation
from cnnprof.render.preparation import preparation_rows
from cnnprof.render.profile import profile_report
from cnnprof.render.text.console import plain_text
from tests.factory import profile


@pytest.mark.parametrize(
    ("preparation", "rows"),
    [
        (Preparation(), []),
        (
            Preparation(first_call_s=0.0812, error=0.0),
            [("first call", "81.20 ms"), ("difference from eager", "none")],
        ),
        (
            Preparation(convert_s=5.234, first_call_s=1.2, error=3.14e-6),
            [
                ("conversion", "5.23 s"),
                ("first call", "1200.0 ms"),
                ("difference from eager", "3.1e-06 of the largest output"),
            ],
        ),
        (Preparation(convert_s=0.0413, cached=True), [("conversion", "from the cache, 0.04 s")]),
    ],
)
def test_only_what_happened(preparation: Preparation, rows: list[tuple[str, str]]) -> None:
    assert preparation_rows(preparation) == rows


def test_it_stands_below_the_latency() -> None:
    found = replace(profile(), preparation=Preparation(convert_s=5.234, first_call_s=0.5, error=3e-6))
    lines = plain_text(profile_report(found)).splitlines()
    rows = {line[:22].strip(): line[22:].strip() for line in lines}
    assert rows["conversion"] == "5.23 s"
    assert rows["first call"] == "500.0 ms"
    assert rows["difference from eager"] == "3.0e-06 of the largest output"


def test_a_failure_stands_where_the_latency_would() -> None:
    found = replace(profile(seconds=None), failure="onnxruntime has no op called foo")
    text = plain_text(profile_report(found))
    assert "not timed: onnxruntime has no op called foo" in text
    assert "of one forward pass" not in text
