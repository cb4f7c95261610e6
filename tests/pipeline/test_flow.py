"""The whole flow: names in, counts and times and a comparison out; real networks, made-up time."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import MissingRuntimeError, ModelError, UnknownNameError
from cnnprof.measure.fake import FakeSession
from cnnprof.measure.machine.environment import cores_allowed
from cnnprof.pipeline import flow
from cnnprof.pipeline.bench import Timed, time_together
from cnnprof.pipeline.flow import compare, describe_environment, profile
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.results.warnings import all_warnings

FAKE = Request("shufflenet_v2_x0_5", runtime="fake", budget_s=2.0, threads=1)
COUNT = replace(FAKE, latency=False)


def of(*models: str, **options: Any) -> Comparison:
    baseline = options.pop("baseline", 0)
    return compare([replace(FAKE, model=model, **options) for model in models], baseline=baseline)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.conv(x))
        return y


@pytest.mark.parametrize(
    ("inputs", "taken"), [(None, (56, 56)), (((28,),), (28, 28)), (((28, 24),), (28, 24))]
)
@pytest.mark.parametrize("name", ["conv", "channel_shuffle"])
def test_a_block_takes_the_channels_of_its_argument(
    name: str, inputs: tuple[tuple[int, ...]] | None, taken: tuple[int, int]
) -> None:
    asked = replace(COUNT, model=f"block:{name}", inputs=inputs, arguments={"in_channels": 128})
    assert profile(asked).counts.ops[0].input_shapes[0] == (1, 128, *taken)


def test_one_model_from_its_name_to_its_latency() -> None:
    found = profile(FAKE)
    assert (found.source, found.device, found.threads) == ("zoo", "cpu", 1)
    assert found.entry is not None
    assert found.counts.macs == found.entry.reference.macs
    assert found.timing is not None
    # The fake machine moves 20 GB and multiplies 100 G a second, after 0.1 ms, within 1%.
    made_up = 1e-4 + found.counts.memory_bytes / 20e9 + found.counts.macs / 100e9
    assert found.timing.median_s == pytest.approx(made_up, rel=0.01)
    assert found.timing.low_s <= found.timing.median_s <= found.timing.high_s
    assert found.ratio is None
    assert found.request.inputs == ((3, 224, 224),)


def test_counting_alone_times_nothing() -> None:
    found = profile(COUNT)
    assert found.timing is None
    assert found.ratio is None
    assert found.counts == profile(FAKE).counts


def test_a_comparison_and_its_verdicts() -> None:
    found = of("shufflenet_v2_x0_5", "resnet18", "shufflenet_v2_x0_5")
    first, slow, same = found.profiles
    assert first.ratio is not None
    assert slow.ratio is not None
    assert same.ratio is not None
    assert first.ratio.verdict == "baseline"
    assert slow.ratio.verdict == "slower"
    assert same.ratio.verdict == "not resolved"
    assert slow.timing is not None
    assert first.timing is not None
    assert slow.ratio.ratio == pytest.approx(slow.timing.median_s / first.timing.median_s, rel=0.02)
    assert slow.ratio.low < slow.ratio.ratio < slow.ratio.high
    assert found.measurement is not None
    assert not found.measurement.interrupted
    assert len(found.sentences) == 2


def test_another_baseline() -> None:
    found = of("shufflenet_v2_x0_5", "resnet18", baseline=1)
    assert found.baseline == 1
    fast, base = (each.ratio for each in found.profiles)
    assert fast is not None
    assert base is not None
    assert (fast.verdict, base.verdict) == ("faster", "baseline")
    assert fast.ratio < 1


@pytest.mark.parametrize("baseline", [-1, 2])
def test_a_baseline_that_is_not_there(baseline: int) -> None:
    with pytest.raises(UnknownNameError, match=f"baseline {baseline}"):
        of("resnet18", "alexnet", baseline=baseline)


def test_correlations_with_five_models() -> None:
    names = ["shufflenet_v2_x0_5", "shufflenet_v2", "mobilenet_v2", "resnet18", "resnet50"]
    found = of(*names)
    assert {each.column for each in found.correlations} >= {"macs", "memory_bytes", "params"}
    assert all(each.models == 5 for each in found.correlations)
    assert of(*names[:4]).correlations == ()


def test_the_same_request_gives_the_same_record() -> None:
    first, second = (of("shufflenet_v2_x0_5", "resnet18") for _ in range(2))
    assert first.measurement == second.measurement
    assert [each.counts for each in first.profiles] == [each.counts for each in second.profiles]


def test_more_threads_than_allowed_are_refused() -> None:
    allowed = cores_allowed()
    with pytest.raises(UnknownNameError, match=f"threads {allowed + 1} is more than the {allowed} cores"):
        profile(replace(FAKE, threads=allowed + 1))
    assert profile(replace(COUNT, threads=None)).threads is not None


def test_a_device_that_is_absent() -> None:
    if torch.accelerator.is_available():
        pytest.skip("there is one here")
    for latency in (True, False):
        with pytest.raises(MissingRuntimeError, match="cuda"):
            profile(replace(FAKE, device="cuda", latency=latency))


def test_the_accelerator_goes_by_its_maker_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of two kinds of GPU are not to be set side by side, and both are ``cuda`` to torch."""
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Big Device 9000")
    assert describe_environment(runtimes=()).accelerator == "cuda (Big Device 9000)"


def test_unknown_names_say_which_model() -> None:
    with pytest.raises(UnknownNameError, match="no_such_net"):
        of("resnet18", "no_such_net")
    with pytest.raises(UnknownNameError, match="no_such"):
        profile(replace(COUNT, convention="no_such"))
    with pytest.raises(UnknownNameError, match="no_such"):
        profile(replace(COUNT, arguments={"no_such": 1}))


def test_an_input_that_the_network_cannot_take() -> None:
    with pytest.raises(ModelError) as refused:
        profile(replace(COUNT, model="mobilenet_v2", inputs=((3, 1, 1),)))
    assert "mobilenet_v2: the network cannot take an input of 1x1" in refused.value.message
    assert "3x3 kernel" in refused.value.message
    with pytest.raises(ModelError, match=r"expects 3 input channels, got 4"):
        profile(replace(COUNT, model="mobilenet_v2", inputs=((4, 224, 224),)))


def test_half_precision_moves_half_the_bytes() -> None:
    single, half = profile(COUNT).counts, profile(replace(COUNT, dtype="float16")).counts
    for name in ("memory_bytes", "memory_paper_bytes", "memory_fused_bytes", "peak_bytes"):
        assert 2 * getattr(half, name) == getattr(single, name)
    assert (half.macs, half.params) == (single.macs, single.params)


def test_a_batch_is_counted_as_given() -> None:
    one, four = profile(COUNT).counts, profile(replace(COUNT, batch=4)).counts
    assert (four.macs, four.flops, four.activations) == (4 * one.macs, 4 * one.flops, 4 * one.activations)
    assert four.params == one.params
    assert one.memory_bytes < four.memory_bytes < 4 * one.memory_bytes  # weights are read once


def test_arguments_of_the_builder() -> None:
    found = profile(replace(COUNT, model="mobilenet_v2", arguments={"width_mult": 0.5}))
    assert found.counts == profile(replace(COUNT, model="mobilenet_v2_x0_5")).counts


def test_an_interrupt_ends_in_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeSession.time
    calls = 0

    def interrupted(self: Any, count: int) -> list[float]:
        nonlocal calls
        calls += 1
        if calls == 200:
            raise KeyboardInterrupt
        return time(self, count)

    monkeypatch.setattr(FakeSession, "time", interrupted)
    found = of("shufflenet_v2_x0_5", "resnet18", budget_s=60.0, precision=1e-6)
    assert found.measurement is not None
    assert found.measurement.interrupted
    assert all(each.timing is not None and each.timing.samples > 0 for each in found.profiles)


def test_an_interrupt_shows_in_the_profile_of_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = flow.compare
    monkeypatch.setattr(
        flow,
        "compare",
        lambda *asked, **options: marked(compared(*asked, **options)),
    )
    assert "interrupted: this is what had been measured" in profile(FAKE).warnings


def test_a_warning_of_the_session_stands_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(*asked: Any) -> Timed:
        found = time_together(*asked)
        return replace(found, measurement=replace(found.measurement, warnings=("half was disturbed",)))

    monkeypatch.setattr(flow, "time_together", warned)
    assert profile(FAKE).warnings.count("half was disturbed") == 1
    told = all_warnings(of("shufflenet_v2_x0_5", "resnet18"))
    assert told.count("half was disturbed") == 1


def marked(found: Comparison) -> Comparison:
    assert found.measurement is not None
    return replace(found, measurement=replace(found.measurement, interrupted=True))


def test_an_interrupt_after_the_timing_costs_only_the_second_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [{}, KeyboardInterrupt()]

    def measured(*asked: object) -> Any:
        reading = readings.pop(0)
        if isinstance(reading, BaseException):
            raise reading
        return reading

    monkeypatch.setattr("cnnprof.pipeline.flow.measure_limits", measured)
    monkeypatch.setattr("cnnprof.pipeline.roofline.measure_limits", measured)
    found = compare([FAKE, FAKE])
    assert found.measurement is not None
    assert found.measurement.interrupted
    assert all(each.timing is not None for each in found.profiles)


def test_an_interrupt_before_anything_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, count: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeSession, "time", interrupted)
    with pytest.raises(EarlyInterrupt) as early:
        profile(FAKE)
    (found,) = early.value.counted.profiles
    assert found.counts == profile(replace(FAKE, latency=False)).counts
    assert found.timing is None


def test_progress_is_reported() -> None:
    seen: list[Any] = []
    profile(FAKE, on_progress=seen.append)
    assert seen


def test_a_module_in_python_is_left_as_it_was() -> None:
    model = Small().train()
    before = {name: (id(value), value.clone()) for name, value in model.state_dict(keep_vars=True).items()}
    for options in (
        {"dtype": "bfloat16"},
        {"latency": True, "budget": 0.2, "channels_last": True, "threads": 1},
    ):
        cnnprof.profile(model, input=(3, 8, 8), **({"latency": False} | options))
    after = model.state_dict(keep_vars=True)
    assert model.training
    for name, (identity, value) in before.items():
        assert id(after[name]) == identity
        assert torch.equal(after[name], value)
    assert model.conv.weight.is_contiguous()


def test_the_same_in_python() -> None:
    counts = cnnprof.count(Small(), input=(3, 8, 8))
    assert counts.macs == 64 * 3 * 4
    assert counts.params == 3 * 4 + 4 + 8
    assert cnnprof.count(Small(), input=8) == counts
    assert cnnprof.count(Small(), input=[(3, 8, 8)]) == counts
    found = cnnprof.compare([Small(), "shufflenet_v2_x0_5"], runtime="fake", input=64, budget=1.0, threads=1)
    assert [each.request.model for each in found.profiles] == ["Small", "shufflenet_v2_x0_5"]
    assert [each.source for each in found.profiles] == ["python", "zoo"]
    assert len(found.to_frame()) == 2
    with pytest.raises(UnknownNameError) as refused:
        cnnprof.profile("alexnet", thread=1)
    assert "threads" in refused.value.hint


def test_what_python_shows_of_a_result_can_be_read() -> None:
    found = cnnprof.compare(["mobilenet_v2", "shufflenet_v2"], runtime="fake", budget=1, threads=1)
    assert len(found.profiles[0].counts.ops) > 100
    assert len(repr(found)) < 10_000


def test_names_and_models() -> None:
    assert "shufflenet_v2" in cnnprof.list_models("shufflenet*")
    model = cnnprof.load_model("mobilenet_v2", width_mult=0.35, num_classes=7)
    assert not model.training
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 7)


def test_an_audit_on_request() -> None:
    found = profile(replace(COUNT, verify=True, inputs=((3, 64, 64),)))
    assert [audit.counter for audit in found.audits] == ["fvcore", "torch FlopCounterMode"]
    assert all(audit.problem == "" for audit in found.audits)
    assert profile(COUNT).audits == ()


def test_an_audit_is_of_inference_and_leaves_the_module_as_it_was() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(4)
    ).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    found = cnnprof.profile(
        net, input=(3, 8, 8), latency=False, verify=True
    )  # a batch of 1 trains no batch norm
    assert [audit.problem for audit in found.audits] == ["", ""]
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_an_audit_draws_no_number_that_anyone_misses() -> None:
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """``x`` with noise of torch's, Python's and numpy's."""
            return x + torch.rand_like(x) + random.random() + float(np.random.rand())

    def states() -> list[str]:
        return [
            str(state) for state in (torch.get_rng_state().tolist(), random.getstate(), np.random.get_state())
        ]

    before = states()
    found = cnnprof.profile(Noisy(), input=(3, 8, 8), latency=False, verify=True)
    assert [audit.problem for audit in found.audits] == ["", ""]
    assert states() == before


def test_a_convention_on_request() -> None:
    found = profile(replace(COUNT, model="mobilenet_v2", convention="fvcore"))
    assert found.convention is not None
    assert found.convention.figures[0].value == 314_193_216


@pytest.mark.real
def test_once_for_real() -> None:
    request = Request(
        "shufflenet_v2_x0_5", inputs=((3, 32, 32),), threads=1, budget_s=0.3, device="cpu", processes=1
    )
    found = compare([request, replace(request, arguments={"num_classes": 10})])
    for each in found.profiles:
        assert each.timing is not None
        assert each.timing.samples == sum(len(turn.counted) for turn in each.timing.turns if not turn.dropped)
    assert found.measurement is not None
    assert found.measurement.rounds > 0
