"""Limits around a session, and the warning of what is faster than they allow; on made-up time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnnprof.errors import MissingRuntimeError
from cnnprof.pipeline import roofline
from cnnprof.pipeline.explain import explain_gap
from cnnprof.pipeline.fakes import fake_ceilings
from cnnprof.pipeline.flow import compare, profile
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.pipeline.layer_times import time_layers
from cnnprof.pipeline.machine import check_machine
from cnnprof.pipeline.peak import find_peak_memory
from cnnprof.pipeline.roofline import measure_limits
from cnnprof.records.ceilings import Ceilings, Rate
from cnnprof.records.columns import columns
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement, Witness

FAKE = Request("squeezenet1_1", runtime="fake", threads=1, device="cpu", roofline=True)


def test_a_profile_is_held_against_its_limits() -> None:
    found = profile(FAKE)
    assert found.roofline is not None
    assert found.timing is not None
    assert found.roofline.macs == found.counts.macs
    assert found.roofline.moved_bytes == found.counts.memory_bytes
    flat = columns(found)
    assert flat["roofline_ms"] == found.roofline.floor_s * 1e3
    # Every convolution of this network does more arithmetic at 100 GMAC/s than it moves bytes at 200 GB/s.
    assert found.roofline.floor_s == pytest.approx(found.counts.macs / 100e9)
    assert flat["roofline_fraction"] == pytest.approx(found.roofline.floor_s / found.timing.median_s)
    assert not any("limits" in warning for warning in found.warnings)


def test_nothing_is_measured_that_was_not_asked_for() -> None:
    assert measure_limits([replace(FAKE, roofline=False)]) == {}
    found = profile(replace(FAKE, roofline=False))
    assert found.roofline is None
    assert columns(found)["roofline_ms"] is None


def test_limits_are_measured_once_for_each_setting_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def measured(dtype: str, threads: int, device: str) -> Ceilings:
        asked.append((dtype, threads))
        return replace(fake_ceilings(dtype, threads, 1e9), macs=Rate(len(asked) * 1e9, f"run {len(asked)}"))

    monkeypatch.setattr(roofline, "measured_ceilings", measured)
    requests = [
        Request("a", runtime="eager", threads=1, device="cpu", roofline=True),
        Request("b", runtime="openvino", threads=1, device="cpu", roofline=True),
        Request("a", runtime="eager", threads=1, device="cpu", dtype="bfloat16", roofline=True),
        Request("a", runtime="eager", threads=2, device="cpu", roofline=True),
    ]
    before = measure_limits(requests)
    assert asked == [("float32", 1), ("bfloat16", 1), ("float32", 2)]
    after = measure_limits(requests, before)
    assert len(asked) == 6
    assert [found.macs.by for found in after.values()] == ["run 4", "run 5", "run 6"]
    fast = {key: replace(found, macs=Rate(1e15, "a fast moment")) for key, found in after.items()}
    assert {found.macs.by for found in measure_limits(requests, fast).values()} == {"a fast moment"}


def test_a_device_that_torch_lacks_has_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO drives GPUs that torch does not know."""
    request = replace(FAKE, runtime="openvino", device="gpu")
    assert roofline.ceilings_of(request) is None
    assert measure_limits([request]) == {}
    monkeypatch.setattr(roofline, "fake_ceilings", lambda *_: None)
    found = profile(FAKE)
    assert found.roofline is None
    assert found.timing is not None
    assert "no roofline: torch measures its limits, and has no device cpu here" in found.warnings
    (timed,) = time_layers(FAKE).profiles
    assert timed.layer_times is not None
    assert timed.layer_times.bandwidth is None
    assert any("layers that work from cache are not marked" in told for told in timed.warnings)
    with pytest.raises(MissingRuntimeError, match="explain needs the limits of the device"):
        explain_gap([FAKE, FAKE])


def no_memory(*_: object) -> Ceilings:
    raise RuntimeError(
        "CUDA out of memory. Tried to allocate 1.00 GiB.\nGPU 0 has ..."
    )  # as torch's error is


def test_limits_that_a_device_has_no_room_for_are_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "fake_ceilings", no_memory)
    with pytest.raises(MissingRuntimeError, match=r"limits of cpu in float32 .*: CUDA out of memory") as told:
        profile(FAKE)
    assert "--roofline" in told.value.hint
    assert "\n" not in told.value.message


def test_a_second_reading_that_fails_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = measure_limits([FAKE])
    monkeypatch.setattr(roofline, "fake_ceilings", no_memory)
    assert roofline.limits_after([FAKE], before, interrupted=False) == (before, False)
    assert roofline.limits_after([FAKE], before, interrupted=True) == (before, True), "and is not tried"


def test_faster_than_the_limits_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        roofline,
        "fake_ceilings",
        lambda *_: replace(fake_ceilings("float32", 1, 1e9), macs=Rate(1e9, "slow")),
    )
    found = profile(FAKE)
    assert found.roofline is not None
    assert found.timing is not None
    excess = found.roofline.floor_s / found.timing.median_s
    assert excess > 1
    assert any(f"{excess:.2f} times as fast as the measured limits allow" in said for said in found.warnings)


def test_disturbed_limits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = replace(fake_ceilings("float32", 1, 20e9), disturbed="other processes used our cores")
    monkeypatch.setattr(roofline, "fake_ceilings", lambda *_: busy)
    assert "the measured limits may be too low: other processes used our cores" in profile(FAKE).warnings


def test_layers_with_their_times_stand_under_their_roofs() -> None:
    (found,) = time_layers(FAKE).profiles
    assert found.roofline is not None
    assert found.layer_times is not None
    assert all(layer.seconds is not None for layer in found.roofline.layers)
    # Made-up layers take their memory time and their arithmetic one after the other: always below the roof.
    assert all(0 < layer.roof_s < (layer.seconds or 0) for layer in found.roofline.layers)
    assert not any("no roofline" in warning for warning in found.warnings)


def test_the_peak_of_memory_needs_no_timing() -> None:
    found = find_peak_memory(Request("squeezenet1_1"))
    assert found.timing is None
    assert found.peak is not None
    assert found.peak.orders[0].peak_bytes == found.counts.peak_bytes


def test_a_machine_is_put_to_the_test() -> None:
    found = check_machine(("float32", "bfloat16"), 1, runtime="fake")
    assert [ceilings.dtype for ceilings in found.ceilings] == ["float32", "bfloat16"]
    assert found.resolution is not None
    assert 0 < found.resolution < 0.1
    assert found.verdict.startswith("good for differences above")
    assert found.rounds > 6
    assert not found.interrupted


def test_an_interrupt_costs_layer_times_only_the_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def read(*_: object) -> Any:
        taken.append(1)
        if len(taken) % 2 == 0:  # after the session
            raise KeyboardInterrupt
        return fake_ceilings("float32", 1, 20e9)

    monkeypatch.setattr(roofline, "fake_ceilings", read)
    found = time_layers(FAKE)
    assert found.profiles[0].layer_times is not None
    assert found.measurement is not None
    assert found.measurement.interrupted
    explained = explain_gap([FAKE, FAKE])
    assert explained.explanation.parts
    assert explained.comparison.measurement is not None
    assert explained.comparison.measurement.interrupted


def test_a_gap_is_explained_by_the_counted_calls_and_the_highest_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = iter((1.0, 3.0))  # before and after the session

    def read(*_: object) -> Ceilings:
        macs = Rate(next(found) * 1e11, "made up")
        return replace(fake_ceilings("float32", 1, 20e9), macs=macs, disturbed="other work")

    monkeypatch.setattr(roofline, "fake_ceilings", read)
    asked = replace(FAKE, model="block:conv", budget_s=2.0)
    explained = explain_gap([asked, replace(asked, model="block:bsconv_u")])
    assert explained.explanation.macs_per_s == 3e11
    assert explained.explanation.warnings == ("the measured limits may be too low: other work",)
    # A call takes 1.1 times its ops, a counted one 1.15 times: each network beside itself, 4.5 % more.
    slowdowns = [ratio.ratio for ratio in explained.explanation.slowdowns]
    assert slowdowns == pytest.approx([1.15 / 1.1] * 2, rel=0.01)
    session = explained.comparison.measurement
    assert session is not None
    assert len(session.timings) == len(session.ratios) == 2


def test_an_interrupt_leaves_the_limits_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = compare([replace(FAKE, latency=False, roofline=False)] * 2)

    def interrupted(*asked: object, **options: object) -> None:
        raise EarlyInterrupt(counted)

    monkeypatch.setattr("cnnprof.pipeline.machine.compare", interrupted)
    found = check_machine(("float32",), 1, runtime="fake")
    assert found.interrupted
    assert [ceilings.dtype for ceilings in found.ceilings] == ["float32"]
    assert found.resolution is None


def test_the_machine_s_rounds_are_judged_with_the_twin_s_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One turn waited for 6% of the time of both copies, but for 1% of a round with a twin of nine times theirs."""
    compared = compare

    def told(*asked: Any, **options: Any) -> Comparison:
        found = compared(*asked, **options)
        assert found.measurement is not None
        return replace(found, measurement=beside_a_slow_twin(found.measurement))

    monkeypatch.setattr("cnnprof.pipeline.machine.compare", told)
    assert check_machine(("float32",), 1, runtime="fake").disturbed_rounds == 0


def beside_a_slow_twin(measurement: Measurement) -> Measurement:
    quiet = [[replace(turn, witness=Witness()) for turn in timing.turns] for timing in measurement.timings]
    wall_s = sum(sum(turns[0].watched) for turns in quiet)
    quiet[0][0] = replace(quiet[0][0], witness=Witness(waited_s=0.06 * wall_s, foreign_s=1.0))
    timings = zip(measurement.timings, quiet, strict=True)
    return replace(
        measurement,
        timings=tuple(replace(timing, turns=tuple(turns)) for timing, turns in timings),
        twin=tuple(
            replace(turn, seconds=tuple(9 * s for s in turn.seconds), witness=Witness())
            for turn in measurement.twin
        ),
    )
