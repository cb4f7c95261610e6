"""The table of layers with their times: every column added up again, and each mark explained."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.render.layers.timed import timed_rows, total_row
from cnnprof.render.layers.times import layer_times_report
from cnnprof.render.text.console import plain_text
from tests.factory import OPS, counts, timing
from tests.golden import check_report
from tests.layer_times import fused_times, layer_times


@pytest.mark.parametrize(("label", "width"), [("80", 80), ("100", 100), ("piped", None)])
def test_report(label: str, width: int | None) -> None:
    report = layer_times_report(counts(), layer_times(), timing(0.0065))
    check_report(f"layer_times_{label}.txt", report, width)


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("top", [None, 1, 3, 99])
def test_rows_add_up_to_the_call(depth: int | None, top: int | None) -> None:
    for times in (layer_times(), fused_times()):
        rows, whole = timed_rows(counts(), times, depth, top), total_row(counts(), times)
        assert sum(row.seconds or 0.0 for row in rows) == pytest.approx(whole.seconds, rel=1e-12)
        for name in ("macs", "flops", "memory_bytes"):
            assert sum(getattr(row, name) for row in rows) == getattr(whole, name)


def test_a_time_is_the_mean_of_the_counted_calls() -> None:
    rows = timed_rows(counts(), layer_times())
    assert rows[0].seconds == pytest.approx((0.0010 + 0.0012) / 2)  # not the third, which was disturbed
    assert rows[0].macs_per_s == pytest.approx(10_838_016 / 0.0011)
    assert rows[0].bytes_per_s == pytest.approx(2_211_328 / 0.0011)
    # what the first call leaves is 6.6 - (1.0 + 0.2 + 0.1 + 4.0 + 0.004 + 0.001 + 0.5) ms, the second 7.4 - ...
    left = (0.0066 - 0.005805) + (0.0074 - (0.0012 + 0.0002 + 0.0003 + 0.0044 + 0.000006 + 0.000003 + 0.0005))
    assert rows[-1].path == "(outside layers)"
    assert rows[-1].seconds == pytest.approx(left / 2)


def test_what_is_no_layer_has_a_row_of_its_own() -> None:
    rows = {row.path: row for row in timed_rows(counts(), layer_times())}
    assert rows["(ops without work)"].seconds == pytest.approx(0.000005)
    assert rows["(contiguous)"].op == "no op"
    several = replace(layer_times(), layers=(*layer_times().layers, layer_times().layers[5]))
    assert "(contiguous x 2)" in [row.path for row in timed_rows(counts(), several)]


def test_fused_layers_are_named_as_what_was_fused() -> None:
    rows = timed_rows(counts(), fused_times())
    assert (rows[0].op, rows[0].path) == ("conv + batch_norm + relu", "features.0.conv")
    assert rows[0].memory_bytes == sum(op.memory_fused_bytes for op in OPS[:3])
    missed = {row.path: row for row in rows}["(not told by the counters)"]
    assert (missed.macs, missed.seconds) == (1_280_000, None)
    assert "fused into their producers" in plain_text(layer_times_report(counts(), fused_times()))


def test_the_longest_first() -> None:
    rows = timed_rows(counts(), layer_times(), top=2)
    assert [row.path for row in rows[:3]] == ["features.1.conv", "features.0.conv", "(3 others)"]


def test_more_than_memory_delivers_is_marked() -> None:
    # batch_norm moves 3.2 MB in 0.2 ms: 16 GB/s; relu as much in 0.2 ms
    slow = plain_text(layer_times_report(counts(), replace(layer_times(), bandwidth=16.05e9)))
    assert "16.1*" in slow
    assert "* more than memory delivered here (16.1 GB/s)" in slow
    assert "16.1*" not in plain_text(layer_times_report(counts(), layer_times()))
    assert "*" not in plain_text(layer_times_report(counts(), replace(layer_times(), bandwidth=None)))


def test_a_slowdown_that_is_not_resolved_blames_nothing() -> None:
    assert layer_times().slowdown is not None
    unsure = replace(layer_times(), slowdown=replace(layer_times().slowdown, verdict="not resolved"))  # type: ignore[type-var]
    text = plain_text(layer_times_report(counts(), unsure, timing(0.0065)))
    assert "6.50 ms without the counters; with them 1.05x [1.03, 1.07] the time\n" in text
    assert "between the layers" in plain_text(layer_times_report(counts(), layer_times()))


def test_calls_that_were_all_disturbed_are_not_called_undisturbed() -> None:
    assert layer_times().slowdown is not None
    shaken = replace(layer_times(), slowdown=replace(layer_times().slowdown, trusted=False))  # type: ignore[type-var]
    text = plain_text(layer_times_report(counts(), shaken))
    assert "the mean over 2 calls (the middle half); the rows add up" in text
    assert "undisturbed" not in text
