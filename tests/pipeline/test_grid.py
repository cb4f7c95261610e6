"""Models by engines and batches through the whole flow, on made-up machines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import cnnprof
from cnnprof.errors import MissingRuntimeError, UnknownNameError
from cnnprof.pipeline.fakes import FAKES
from cnnprof.pipeline.flow import compare
from cnnprof.pipeline.grid import excused, left_out, on_one_device, pair_up, spread
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import find_runtime

NETS = ("shufflenet_v2_x0_5", "squeezenet1_1", "mobilenet_v2_x0_5")
RUNTIMES = tuple(FAKES)


def of(
    nets: Sequence[str] = NETS,
    runtimes: Sequence[str] = RUNTIMES,
    batches: Sequence[int] = (1,),
    baseline: int = 0,
    dtypes: Sequence[str] = ("float32",),
) -> Comparison:
    requests = [
        Request(net, inputs=((3, 64, 64),), device="cpu", threads=1, budget_s=4.0, precision=0.01)
        for net in nets
    ]
    return compare(spread(requests, runtimes, dtypes, batches), baseline=baseline)


def made_up_s(profile: Profile) -> float:
    """What the fake machine takes, without its noise."""
    counts, rate = profile.counts, FAKES[profile.request.runtime]
    return 1e-4 + counts.memory_bytes / rate + counts.macs / 100e9


def test_setting_by_setting_each_value_once() -> None:
    found = spread(
        [Request("a", latency=False), Request("b", latency=False)],
        ("eager", "ncnn", "eager"),
        ("int8", "float32"),
        (1, 8, 1),
    )
    assert [(each.runtime, each.dtype, each.batch, each.model) for each in found] == [
        (runtime, dtype, batch, model)
        for runtime in ("eager", "ncnn")
        for dtype in ("int8", "float32")
        for batch in (1, 8)
        for model in ("a", "b")
    ]


@pytest.mark.parametrize("baseline", [0, 1])
def test_a_block_without_multiply_adds_promises_nothing(baseline: int) -> None:
    blocks = ("block:conv", "block:channel_shuffle")
    requests = [Request(name, device="cpu", threads=1, budget_s=2.0) for name in blocks]
    found = compare(spread(requests, RUNTIMES[:1], ("float32",), (1, 4)), baseline=baseline)
    assert len(found.profiles) == 4
    assert not any("promised" in sentence for sentence in found.sentences)


def test_ratios_are_to_the_baseline_at_the_same_setting() -> None:
    found = of(batches=(1, 4), baseline=1)
    assert len(found.profiles) == 12
    by_cell = {
        (each.request.model, each.request.runtime, each.request.batch): each for each in found.profiles
    }
    for (_, runtime, batch), profile in by_cell.items():
        base = by_cell[NETS[1], runtime, batch]
        assert profile.ratio is not None
        assert profile.ratio.ratio == pytest.approx(made_up_s(profile) / made_up_s(base), rel=0.02)
        assert (profile.ratio.verdict == "baseline") == (profile is base)


def test_runtimes_are_compared_model_by_model() -> None:
    found = of()
    across = [pair for pair in found.pairs if pair.place >= 3 > pair.base]
    assert [(pair.place, pair.base) for pair in across] == [(3, 0), (4, 1), (5, 2)]
    for pair in across:
        expected = made_up_s(found.profiles[pair.place]) / made_up_s(found.profiles[pair.base])
        assert pair.ratio.ratio == pytest.approx(expected, rel=0.02)


def test_engines_are_paired_with_the_first_that_was_timed() -> None:
    found = of(nets=NETS[:2], runtimes=RUNTIMES[:1], dtypes=("float32", "bfloat16", "int8"))
    missing = [replace(each, timing=None) for each in found.profiles[:2]]
    pairs = pair_up([*missing, *found.profiles[2:]], found.measurement, 0)
    assert {(pair.place, pair.base) for pair in pairs} == {(3, 2), (5, 4), (4, 2), (5, 3)}


def test_dtypes_are_compared_model_by_model() -> None:
    found = of(runtimes=RUNTIMES[:1], dtypes=("float32", "int8"), baseline=1)
    assert [each.request.dtype for each in found.profiles] == ["float32"] * 3 + ["int8"] * 3
    across = [pair for pair in found.pairs if pair.place >= 3 > pair.base]
    assert [(pair.place, pair.base) for pair in across] == [(3, 0), (4, 1), (5, 2)]
    for pair in across:
        expected = made_up_s(found.profiles[pair.place]) / made_up_s(found.profiles[pair.base])
        assert expected < 0.6  # a quarter of the bytes
        assert pair.ratio.ratio == pytest.approx(expected, rel=0.02)
    for profile in found.profiles[3:]:
        assert profile.ratio is not None
        base = made_up_s(found.profiles[4])
        assert profile.ratio.ratio == pytest.approx(made_up_s(profile) / base, rel=0.02)
    assert [(order.dtype, order.places[0] // 3) for order in found.orders] == [("float32", 0), ("int8", 1)]


def engines(runtimes: Sequence[str], dtypes: Sequence[str]) -> list[tuple[str, str]]:
    found = spread([Request("alexnet", device="cpu")], runtimes, dtypes, (1,))
    return [(each.runtime, each.dtype) for each in found]


def test_each_runtime_gets_the_dtypes_that_it_computes_in() -> None:
    both = ("eager", "onnxruntime")
    assert engines(both, ("float32", "int8")) == [
        ("eager", "float32"),
        ("onnxruntime", "float32"),
        ("onnxruntime", "int8"),
    ]
    asked = spread([Request("alexnet", device="cpu")], both, ("bfloat16", "int8"), (1,))
    assert [(each.runtime, each.dtype) for each in asked] == [("eager", "bfloat16"), ("onnxruntime", "int8")]
    assert left_out(asked) == (
        "eager does not compute in int8: left out",
        "onnxruntime does not compute in bfloat16: left out",
    )
    assert left_out(asked[:1]) == ()


@pytest.mark.parametrize(
    ("device", "chosen", "left"), [("auto", "cuda", 0), ("auto", "cpu", 1), ("cpu", "cuda", 1)]
)
def test_what_is_left_out_depends_on_the_device(
    monkeypatch: pytest.MonkeyPatch, device: str, chosen: str, left: int
) -> None:
    class Choosing:
        def resolve_device(self, asked: str) -> str:
            return chosen

    monkeypatch.setattr("cnnprof.pipeline.grid.find_runtime", lambda _: Choosing())
    request = Request("alexnet", device=device)
    found = spread([request], ("eager", "onnxruntime"), ("float32", "float16"), (1,))
    assert len(left_out(found)) == left  # ONNX Runtime has float16 on CUDA alone


def test_what_would_be_left_out_altogether_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="eager does not compute in int8"):
        compare(spread([Request("alexnet", device="cpu")], ("eager",), ("float32", "int8"), (1,)))
    assert len(engines(("eager", "onnxruntime"), ("float16", "bfloat16"))) == 4  # onnxruntime has neither
    assert len(engines(("eager", "onnxruntime"), ("int8",))) == 2


def test_every_two_models_of_a_setting_make_a_pair() -> None:
    found = of()
    within = {(pair.place, pair.base) for pair in found.pairs if pair.place // 3 == pair.base // 3}
    assert within == {(1, 0), (2, 0), (2, 1), (4, 3), (5, 3), (5, 4)}


def test_orders_follow_the_made_up_times() -> None:
    found = of()
    assert [order.runtime for order in found.orders] == list(RUNTIMES)
    for order in found.orders:
        seconds = [made_up_s(found.profiles[place]) for place in order.places]
        assert seconds == sorted(seconds)
        assert order.models == tuple(found.profiles[place].request.model for place in order.places)


def test_one_setting_is_as_it_was_measured() -> None:
    found = of(runtimes=RUNTIMES[:1])
    assert found.measurement is not None
    assert tuple(each.ratio for each in found.profiles) == found.measurement.ratios


def test_counting_alone_makes_no_pairs() -> None:
    requests = [Request(net, device="cpu", latency=False) for net in NETS[:2]]
    found = compare(spread(requests, RUNTIMES, ("float32",), (1, 2)))
    assert found.sentences == ()
    assert found.pairs == ()
    assert found.orders == ()
    assert [each.ratio for each in found.profiles] == [None] * 8


def test_the_same_in_python() -> None:
    found = cnnprof.compare(
        list(NETS[:2]), input=64, runtime=list(RUNTIMES), batch=[1, 2], budget=2.0, threads=1, device="cpu"
    )
    table = found.to_frame()
    assert list(zip(table["model"], table["runtime"], table["batch"], strict=True)) == [
        (model, runtime, batch) for runtime in RUNTIMES for batch in (1, 2) for model in NETS[:2]
    ]
    with pytest.raises(UnknownNameError, match="batch is an empty list"):
        cnnprof.compare(list(NETS[:2]), runtime="fake", batch=[])


def asked(*runtimes: str, device: str = "auto") -> list[Request]:
    return spread([Request("alexnet", device=device)], runtimes, ("float32",), (1,))


def test_a_missing_runtime_does_not_end_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent:
        def resolve_device(self, device: str) -> str:
            raise MissingRuntimeError("ncnn is not installed", "pip install 'cnnprof[ncnn]'")

    monkeypatch.setattr(
        "cnnprof.pipeline.grid.find_runtime", lambda name: Absent() if name == "ncnn" else find_runtime(name)
    )
    assert [each.device for each in excused(asked("eager", "ncnn"))] == ["auto", "cpu"]
    assert [each.device for each in excused(asked("ncnn"))] == ["auto"]
    assert [each.device for each in excused(asked("eager", "ncnn", device="cuda"))] == ["cuda", "cuda"]


def test_runtimes_of_a_grid_share_one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    class On:
        def __init__(self, device: str) -> None:
            self.device = device

        def resolve_device(self, device: str) -> str:
            return self.device

    there = {"eager": On("cuda"), "compiled": On("cuda"), "onnxruntime": On("cpu")}
    monkeypatch.setattr("cnnprof.pipeline.grid.find_runtime", there.__getitem__)
    mixed, told = on_one_device(asked("eager", "onnxruntime"))
    assert [each.device for each in mixed] == ["cpu", "cpu"]
    assert told == (
        "all on the CPU, to compare like with like: left to themselves they would choose eager cuda, onnxruntime cpu",
    )
    assert on_one_device(asked("eager", "compiled")) == (asked("eager", "compiled"), ())
    assert on_one_device(asked("eager", "onnxruntime", device="cuda"))[1] == ()
    counted = [replace(each, latency=False) for each in asked("eager", "onnxruntime")]
    assert on_one_device(counted) == (counted, ()), "nothing is timed that would have to compare"


@pytest.mark.real
def test_the_rows_of_a_missing_runtime_say_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ncnn.py").write_text("raise ModuleNotFoundError('not there', name='ncnn')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ncnn", raising=False)
    request = Request("shufflenet_v2_x0_5", inputs=((3, 32, 32),), threads=1, budget_s=0.5, processes=1)
    eager, ncnn = compare(spread([request], ("eager", "ncnn"), ("float32",), (1,))).profiles
    assert eager.timing is not None
    assert ncnn.timing is None
    assert "ncnn" in ncnn.failure
    assert "pip install" in ncnn.failure
    with pytest.raises(MissingRuntimeError) as refused:
        compare([replace(request, runtime="ncnn")])
    assert "pip install" in refused.value.hint
