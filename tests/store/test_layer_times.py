"""Layer times as CSV: seconds in the row of the op that took most of them, rates of all that its layer computes."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from cnnprof.records.layer_times import LayerTimes
from cnnprof.store.layer_times import timed_ops_csv
from tests.factory import OPS, counts
from tests.layer_times import fused_times, layer_times


def rows_of(times: LayerTimes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(timed_ops_csv(counts(), times))))


def test_a_layer_of_several_ops_has_its_seconds_once_and_its_name_in_each() -> None:
    rows = rows_of(fused_times())
    assert [(row["path"], row["layer"], row["layer_ops"], row["seconds"] != "") for row in rows] == [
        ("features.0.conv", "Conv_0_fused", "3", True),
        ("features.0.norm", "Conv_0_fused", "3", False),
        ("features.0.act", "Conv_0_fused", "3", False),
        ("features.1.conv", "Conv_1", "1", True),
        ("", "", "", False),
        ("classifier", "", "", False),
        ("", "(outside layers)", "0", True),
    ]
    fused = rows[0]
    assert float(fused["gmacs_per_s"]) == pytest.approx(10_838_016 / 0.0004 / 1e9)
    moved = sum(op.memory_fused_bytes for op in OPS[:3])
    assert float(fused["gbytes_per_s"]) == pytest.approx(moved / 0.0004 / 1e9)
    # Of the calls, 1.6 and 1.8 ms, 0.4 + 1.0 and 0.4 + 1.2 ms were in layers.
    assert [float(row["seconds"]) for row in rows if row["seconds"]] == pytest.approx(
        [0.0004, 0.0011, 0.0002]
    )
    assert rows[-1]["gmacs_per_s"] == rows[-1]["gbytes_per_s"] == rows[-1]["macs"] == ""


def test_a_layer_that_took_no_time_has_no_rate_and_one_of_no_op_keeps_its_path() -> None:
    times = layer_times()
    conv, *others = times.layers
    still = replace(conv, seconds=(0.0, 0.0, 0.0))
    strange = replace(others[4], paths=("features.1", "classifier"))
    rows = rows_of(replace(times, layers=(still, *others[:4], strange, others[5])))
    assert (rows[0]["seconds"], rows[0]["gmacs_per_s"], rows[0]["gbytes_per_s"]) == ("0.0", "", "")
    assert [row["path"] for row in rows[len(OPS) :]] == ["features.1", ""]


def test_the_columns_are_there_whichever_op_comes_first() -> None:
    """Of a view that is first, a runtime that fuses names nothing."""
    times = fused_times()
    told = rows_of(times)
    assert list(rows_of(replace(times, layers=times.layers[1:]))[0]) == list(told[0])
    assert {"seconds", "seconds_median", "seconds_min", "gmacs_per_s", "gbytes_per_s"} < set(told[0])


def test_seconds_are_the_mean_of_the_counted_calls_and_what_no_op_explains_stands_below() -> None:
    rows = rows_of(layer_times())
    first = rows[0]
    assert float(first["seconds"]) == pytest.approx((0.0010 + 0.0012) / 2)
    assert (float(first["seconds_median"]), float(first["seconds_min"])) == (0.0012, 0.0010)
    assert rows[1]["gmacs_per_s"] == "", "batch norm multiplies, but has no multiply-adds"
    assert [row["layer"] for row in rows[len(OPS) :]] == ["contiguous", "(outside layers)"]
    told = sum(float(row["seconds"]) for row in rows if row["seconds"])
    assert told == pytest.approx((0.0066 + 0.0074) / 2)
