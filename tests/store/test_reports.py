"""Reports of one network as CSV: raw values, a row a step, a reason, a finding or a cause."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

from cnnprof.records.convention import ConventionPart
from cnnprof.store.reports import counters_csv, explanation_csv, findings_csv, peak_csv
from tests.comparison.test_explain import A, B, explained
from tests.factory import convention, profile
from tests.limits import profile_with_peak
from tests.render.test_guidelines import FOUND


def test_raw_rows_of_the_peak() -> None:
    rows = list(csv.DictReader(StringIO(peak_csv(profile_with_peak()))))
    assert len(rows) == 3 * 4
    assert rows[1] == {
        "order": "as executed",
        "op": "1",
        "path": "features.0.norm",
        "kind": "batch_norm",
        "live_bytes": str(64 * 112 * 112 * 4),
        "peak": "True",
    }


def test_the_peak_of_a_file_that_only_hands_its_input_on_is_of_no_op() -> None:
    found = profile_with_peak()
    rows = csv.DictReader(StringIO(peak_csv(replace(found, counts=replace(found.counts, ops=())))))
    assert {(row["path"], row["kind"]) for row in rows} == {("", "")}


def test_raw_rows_of_a_gap() -> None:
    found = explained(A, B)
    rows = list(csv.DictReader(StringIO(explanation_csv(found))))
    causes = ["arithmetic", "memory", "overhead", "efficiency", "all"]
    assert [(row["kind"], row["cause"]) for row in rows] == [
        (kind, cause) for kind in ("conv", "outside layers", "total") for cause in causes
    ]
    assert {(row["first"], row["second"]) for row in rows} == {("a", "b")}
    efficiency, whole = rows[3], rows[4]
    assert float(efficiency["seconds"]) == found.parts[0].efficiency.seconds
    assert {efficiency[f"{which}_{what}"] for which in ("first", "second") for what in ("s", "layers")} == {
        ""
    }
    difference = found.parts[0].difference
    assert [float(whole[name]) for name in ("seconds_low", "seconds", "seconds_high")] == [
        difference.low,
        difference.seconds,
        difference.high,
    ]
    assert (float(whole["first_s"]), float(whole["second_s"])) == found.parts[0].times
    assert (whole["first_layers"], whole["second_layers"]) == ("2", "3")


def test_raw_rows_of_a_counter_add_up() -> None:
    """Twice the multiply-adds, and 500 of another kind."""
    counter = replace(
        convention(),
        total=2 * 243_329_024 + 500,
        per_mac=2,
        parts=(ConventionPart("pooling", 700), ConventionPart("bias", -200)),
    )
    found = profile(seconds=None)
    found = replace(found, conventions=(counter,), counts=replace(found.counts, macs=243_329_024))
    rows = list(csv.DictReader(StringIO(counters_csv(found))))
    assert [(row["convention"], row["reason"], int(row["amount"])) for row in rows] == [
        ("torchstat", "", 2 * 243_329_024 + 500),
        ("torchstat", "2 a multiply-add instead of 1", 243_329_024),
        ("torchstat", "pooling", 700),
        ("torchstat", "bias", -200),
    ]


def test_raw_rows_of_the_guidelines() -> None:
    rows = list(csv.DictReader(StringIO(findings_csv(replace(profile(seconds=None), guidelines=FOUND)))))
    assert [(row["guideline"], row["path"], int(row["saved_bytes"])) for row in rows] == [
        (one.guideline, one.path, one.saved_bytes) for one in FOUND.findings
    ]
    assert findings_csv(profile(seconds=None)).startswith("guideline,"), "a head, and no rows"
