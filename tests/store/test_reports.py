"""Reports of one network as CSV: raw values, a row a step, a reason, a finding or a cause."""

from __future__ import annotations

import csv
from io import StringIO

from cnnprof.store.reports import peak_csv
from tests.limits import profile_with_peak


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
