"""A network timed layer by layer: on made-up time, where every figure is known, and once for real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from cnnprof.errors import ModelError, UnknownNameError
from cnnprof.pipeline.counters import make_rig
from cnnprof.pipeline.explain import explain_gap
from cnnprof.pipeline.fakes import FAKES
from cnnprof.pipeline.layer_times import time_layers
from cnnprof.pipeline.readings import CountedSession, Readings, gather_readings, middle_calls
from cnnprof.pipeline.subject import make_subject
from cnnprof.records.layer_times import ONE_BY_ONE, RuntimeLayer
from cnnprof.records.request import Request
from cnnprof.records.timing import Turn, Witness
from tests.factory import timing

QUIET = Witness()


def fake(model: str = "mobilenet_v2", **options: object) -> Request:
    return Request(model, runtime="fake", device="cpu", **options)  # type: ignore[arg-type]


def test_made_up_time_comes_back_op_by_op() -> None:
    found = time_layers(fake()).profiles[0]
    times = found.layer_times
    assert times is not None
    worked = [index for index, op in enumerate(found.counts.ops) if op.status != "free"]
    assert [layer.ops for layer in times.layers] == [(index,) for index in worked]
    first = found.counts.ops[0]
    made_up = 2e-6 + first.memory_bytes / 20e9 + first.macs / 100e9
    assert times.typical(times.layers[0].seconds) == pytest.approx(made_up, rel=0.01)
    inside = sum(times.typical(layer.seconds) for layer in times.layers)
    assert inside + times.typical(times.outside) == pytest.approx(times.typical(times.total))
    assert times.typical(times.outside) == pytest.approx(0.15 * inside)


def test_the_counters_are_set_against_the_same_calls_without() -> None:
    found = time_layers(fake()).profiles[0]
    assert found.timing is not None
    assert found.layer_times is not None
    assert found.layer_times.slowdown is not None
    assert found.layer_times.slowdown.ratio == pytest.approx(1.15 / 1.10, rel=0.01)
    assert found.ratio is None  # there is one model
    assert found.layer_times.bandwidth == 20e9


def test_torch_eager_for_real() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten())
    request = Request("small", inputs=((3, 16, 16),), device="cpu", threads=1, budget_s=0.5)
    times = time_layers(request, model).profiles[0].layer_times
    assert times is not None
    assert [(layer.name, layer.ops) for layer in times.layers] == [
        ("conv2d", (0,)),
        ("batch_norm", (1,)),
        ("relu", (2,)),
        ("flatten", (3,)),
    ]
    assert all(len(layer.seconds) == len(times.total) for layer in times.layers)
    assert times.counted
    assert min(times.outside) > 0


def test_a_model_that_cannot_run_is_named() -> None:
    class Broken(nn.Module):
        def forward(self, x):  # type: ignore[no-untyped-def]
            if x.is_meta:
                return x
            raise RuntimeError("no kernel")

    with pytest.raises(ModelError, match="odd cannot run on cpu in float32 with batch 1: no kernel"):
        time_layers(Request("odd", inputs=((3, 8, 8),), device="cpu", budget_s=0.2), Broken())


def test_a_model_that_fails_on_the_way_is_named() -> None:
    class Tiring(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x):  # type: ignore[no-untyped-def]
            if not x.is_meta:
                self.calls += 1
            if self.calls > 20:
                raise RuntimeError("too tired")
            return x.relu()

    request = Request("odd", inputs=((3, 8, 8),), device="cpu", budget_s=0.3)
    with pytest.raises(ModelError, match="odd cannot run on cpu in float32 with batch 1: too tired"):
        time_layers(request, Tiring())


def test_of_two_networks_the_one_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\n\n"
        "class Net(nn.Module):\n"
        "    def forward(self, x):\n"
        "        if not x.is_meta:\n"
        "            raise RuntimeError('no kernel')\n"
        "        return x.relu()\n"
    )
    other = f"{tmp_path}/net.py:Net"
    request = Request("squeezenet1_1", inputs=((3, 64, 64),), device="cpu", threads=1, budget_s=0.3)
    with pytest.raises(ModelError, match=r"net\.py:Net cannot run on cpu"):
        explain_gap([request, replace(request, model=other)])


def test_how_it_was_made_ready_is_told() -> None:
    request = Request("small", inputs=((3, 16, 16),), device="cpu", threads=1, budget_s=0.2)
    found = time_layers(request, nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())).profiles[0]
    assert found.preparation is not None
    assert found.preparation.first_call_s is not None


def test_a_graph_without_modules_is_refused() -> None:
    subject = make_subject(Request("mobilenet_v2", device="cpu", latency=False))
    with pytest.raises(UnknownNameError, match="graph without modules"):
        make_rig([replace(subject, model=None)])


class Scripted:
    """A session whose counters tell what they are given."""

    def __init__(self, *taken: tuple[Sequence[RuntimeLayer], Sequence[float]]) -> None:
        self.taken = list(taken)

    def time(self, calls: int) -> Sequence[float]:
        return [1.0] * calls

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        return self.taken.pop(0)


def turn(number: int, *seconds: float, dropped: str = "") -> Turn:
    return Turn(number, 0, seconds, QUIET, dropped)


def layer(*seconds: float, name: str = "conv") -> RuntimeLayer:
    return RuntimeLayer(name, ("0",), ("conv",), seconds)


def read(*turns: Turn, names: Sequence[str] = ("conv",) * 9) -> Readings:
    """The warm-up's call, then the turns."""
    warmup = ([layer(9.0)], [9.0])
    taken = [
        ([layer(*(second / 2 for second in each.seconds), name=name)], each.seconds)
        for each, name in zip(turns, names, strict=False)
    ]
    counted = CountedSession(Scripted(warmup, *taken))
    for calls in (1, *(len(each.seconds) for each in turns)):
        counted.time(calls)
    return gather_readings(counted, replace(timing(), turns=turns))


def test_readings_are_those_of_the_turns_and_know_their_rounds() -> None:
    found = read(turn(0, 4.0, 2.0), turn(1, 4.0, 8.0, dropped="foreign"), turn(2, 3.0))
    assert found.total == (4.0, 2.0, 4.0, 8.0, 3.0)
    assert found.rows[0].seconds == (2.0, 1.0, 2.0, 4.0, 1.5)
    assert found.rounds == (-1, 0, -1, -1, 2)  # a turn's only call counts


def test_a_layer_that_a_turn_does_not_name_took_no_time_in_it() -> None:
    found = read(turn(0, 1.0), turn(1, 3.0, 5.0), turn(2, 1.0), names=["conv", "pool", "conv"])
    assert {row.name: row.seconds for row in found.rows} == {
        "conv": (0.5, 0.0, 0.0, 0.5),
        "pool": (0.0, 1.5, 2.5, 0.0),
    }


def test_layers_stand_in_the_order_of_the_turn_that_names_most() -> None:
    short, whole = [layer(1.0, name="late")], [layer(1.0, name="early"), layer(1.0, name="late")]
    counted = CountedSession(Scripted((short, [1.0]), (whole, [2.0])))
    counted.time(1)
    counted.time(1)
    found = gather_readings(counted, replace(timing(), turns=(turn(0, 1.0), turn(1, 2.0))))
    assert [row.name for row in found.rows] == ["early", "late"]


def test_the_middle_half_of_the_undisturbed_calls() -> None:
    rounds, total = (0, 1, -1, 2, 3, 4, 5, 6, 7), (5.0, 1.0, 0.1, 2.0, 9.0, 3.0, 4.0, 6.0, 7.0)
    # in order 1 2 | 3 4 5 6 | 7 9
    assert middle_calls(Readings((), total, rounds)) == (0, 5, 6, 7)
    assert middle_calls(Readings((), (2.0, 1.0), (-1, -1))) == (0, 1)  # all were disturbed: what there is


def test_every_made_up_runtime_runs_each_op_by_itself() -> None:
    assert FAKES.keys() < ONE_BY_ONE
