"""The gap between two networks through the whole flow, on made-up time: each figure stands with its own network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.pipeline.explain import Explained, explain_gap
from cnnprof.pipeline.fakes import FAKE_CALL_S, FAKE_MACS_PER_S, FAKES
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request

FAKE = Request("", inputs=((3, 64, 64),), runtime="fake", device="cpu", threads=1, budget_s=4.0)
NAMES = ("shufflenet_v2_x0_5", "mobilenet_v2")


@pytest.fixture(scope="module")
def found() -> Explained:
    first, second = (replace(FAKE, model=name) for name in NAMES)
    return explain_gap([first, second])


def made_up_s(profile: Profile) -> float:
    """Of a call without counters: every op that costs something, and a tenth more for the rest."""
    ops = [op for op in profile.counts.ops if op.status != "free"]
    return 1.1 * sum(FAKE_CALL_S + op.memory_bytes / FAKES["fake"] + op.macs / FAKE_MACS_PER_S for op in ops)


def test_the_second_is_set_against_the_first(found: Explained) -> None:
    first, second = found.comparison.profiles
    assert found.explanation.models == NAMES
    seconds = (made_up_s(first), made_up_s(second))
    assert found.explanation.latencies == pytest.approx(seconds, rel=0.02)
    assert found.explanation.ratio.ratio == pytest.approx(seconds[1] / seconds[0], rel=0.02)
    assert first.ratio is not None
    assert second.ratio is not None
    assert first.ratio.verdict == "baseline"
    assert second.ratio.ratio == pytest.approx(seconds[1] / seconds[0], rel=0.02)  # its twin's turns included


def test_each_has_its_own_layers_and_its_own_counters_cost(found: Explained) -> None:
    for profile, slowdown in zip(found.comparison.profiles, found.explanation.slowdowns, strict=True):
        times = profile.layer_times
        assert times is not None
        assert {index for layer in times.layers for index in layer.ops} == {
            index for index, op in enumerate(profile.counts.ops) if op.status != "free"
        }
        assert times.slowdown == slowdown
        assert slowdown.ratio == pytest.approx(1.15 / 1.10, rel=0.01)


def test_what_was_not_folded_is_said() -> None:
    first, second = (replace(FAKE, model=name, deploy=True, budget_s=1.0) for name in ("repvgg_a0", NAMES[1]))
    warnings = explain_gap([first, second]).comparison.warnings
    assert f"--deploy has nothing to fold in {NAMES[1]}: deployed as trained" in warnings
