"""The flat columns: names and order are a contract, values are raw."""

from __future__ import annotations

from dataclasses import replace

import pandas
import pytest

from cnnprof.records.columns import COLUMNS, columns
from cnnprof.records.frame import frame
from cnnprof.records.preparation import Preparation
from cnnprof.records.profile import Profile
from tests.factory import OPS, comparison, counts, profile, ratio, timing
from tests.limits import roofline

CONTRACT = """
model source family task batch input dtype params macs flops activations memory_bytes memory_paper_bytes
memory_fused_bytes peak_bytes intensity uncounted_ops published_params published_macs published_metric runtime
device threads channels_last latency_ms latency_ms_low latency_ms_high latency_ms_min latency_ms_p90
latency_samples throughput_per_s gmacs_per_s roofline_ms roofline_fraction ratio ratio_low ratio_high verdict
stable warnings
""".split()  # noqa: SIM905


def test_names_and_order_are_the_contract() -> None:
    assert list(COLUMNS) == CONTRACT
    assert list(columns(profile())) == CONTRACT


def test_counts_are_those_of_the_ops() -> None:
    found = columns(profile())
    for name in ("params", "macs", "flops", "memory_bytes", "memory_paper_bytes", "memory_fused_bytes"):
        assert found[name] == sum(getattr(op, name) for op in OPS)
    flops, moved = sum(op.flops for op in OPS), sum(op.memory_bytes for op in OPS)
    assert found["intensity"] == flops / moved


def test_latency_is_in_milliseconds_and_rates_are_for_the_batch() -> None:
    base = profile(seconds=0.02)
    found = columns(replace(base, request=replace(base.request, batch=8), roofline=roofline()))
    assert found["latency_ms"] == pytest.approx(20.0)
    assert (found["latency_ms_min"], found["latency_ms_p90"]) == pytest.approx((20.0 * 0.97, 20.0 * 1.1))
    assert found["latency_ms_low"] == pytest.approx(20.0 * 0.981)
    assert found["latency_samples"] == 1240
    assert found["throughput_per_s"] == pytest.approx(8 / 0.02)
    assert found["gmacs_per_s"] == pytest.approx(base.counts.macs / 0.02 / 1e9)
    # No runtime goes below 2.75 ms here.
    assert (found["roofline_ms"], found["roofline_fraction"]) == pytest.approx((2.75, 2.75 / 20.0))


def test_published_figures_are_integers() -> None:
    found = columns(profile())
    assert (found["published_params"], found["published_macs"]) == (1_300_000, 146_000_000)
    assert found["published_metric"] == 69.4


def test_what_was_not_measured_is_none() -> None:
    found = columns(replace(profile(seconds=None), entry=None))
    timed = [name for name in CONTRACT if name.startswith(("latency", "roofline", "ratio", "published"))]
    for name in [*timed, "throughput_per_s", "gmacs_per_s", "verdict", "stable", "family", "task"]:
        assert found[name] is None, name


def test_inputs_are_joined() -> None:
    base = profile()
    two = replace(base, request=replace(base.request, inputs=((3, 224, 224), (10,))))
    assert columns(two)["input"] == "3x224x224+10"
    assert columns(replace(base, request=replace(base.request, inputs=None)))["input"] is None


def test_uncounted_ops_are_named() -> None:
    found = replace(profile(), counts=counts(uncounted=(("aten.foo", 2), ("aten.bar", 1))))
    assert columns(found)["uncounted_ops"] == "aten.foo x2; aten.bar x1"
    assert columns(profile())["uncounted_ops"] == ""


def test_warnings_are_joined_each_once() -> None:
    found = replace(profile(), warnings=("hot", "cold"), timing=timing(warnings=("hot", "late")))
    assert columns(found)["warnings"] == "hot; cold; late"


def test_frame_keeps_integers_beside_empty_cells() -> None:
    table = frame([profile(), profile("ghostnet", seconds=None)])
    assert list(table.columns) == CONTRACT
    assert table["latency_samples"].dtype == "Int64"
    assert table["latency_samples"][0] == 1240
    assert pandas.isna(table["latency_samples"][1])
    assert table["macs"].tolist() == [counts().macs] * 2
    assert table["stable"].tolist()[0] is True


def test_frame_is_exact_beyond_int64() -> None:
    huge = 3 * 2**63
    base = profile()
    table = frame([replace(base, counts=replace(base.counts, macs=huge))])
    assert table["macs"][0] == huge


def test_frames_of_the_records() -> None:
    found = comparison()
    assert found.to_frame()["model"].tolist() == ["shufflenet_v2", "ghostnet", "mobilenet_v2"]
    assert found.to_frame()["verdict"].tolist() == ["baseline", "slower", "not resolved"]
    single: Profile = profile(against=ratio(2.0, "slower"))
    assert single.to_frame()["ratio_high"][0] == pytest.approx(2.05)


def test_warnings_of_every_stage_and_the_failure_are_told_once() -> None:
    found = replace(
        profile(seconds=0.01),
        timing=timing(warnings=("not steady", "of the model")),
        preparation=Preparation(warnings=("computes in bfloat16",)),
        warnings=("of the model",),
        failure="the worker was killed",
    )
    assert columns(found)["warnings"] == (
        "of the model; computes in bfloat16; not steady; the worker was killed"
    )
