"""torch.profiler's events of a compiled network, set to the list of its calls."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cnnprof.errors import ModelError
from cnnprof.runtimes.compiled.calls import Call
from cnnprof.runtimes.compiled.inductor import compiler_version
from cnnprof.runtimes.compiled.profile import layers

CONV = "aoti_torch_cpu_mkldnn__convolution_pointwise"
CALLS = [Call(CONV, ["features.0"], ["conv"]), Call("cpp_fused_mean_0", ["pool"], [])]


@dataclass
class Range:
    start: float
    end: float

    def elapsed_us(self) -> float:
        return self.end - self.start


@dataclass
class Event:
    name: str
    time_range: Range


def one_pass(conv_us: float, *, name: str = CONV) -> list[Event]:
    """A convolution with an allocation inside it, and a generated kernel of 10 us."""
    return [
        Event(name, Range(10.0, 10.0 + conv_us)),
        Event("aten::empty", Range(11.0, 12.0)),
        Event("graph_12_cpp_fused_mean_0", Range(80.0, 90.0)),
    ]


def test_each_call_with_its_modules() -> None:
    conv, mean = layers(CALLS, [one_pass(40.0), one_pass(44.0)])
    assert (conv.name, conv.types, conv.paths) == (CONV, ("conv",), ("features.0",))
    assert conv.seconds == pytest.approx((40e-6, 44e-6))
    assert (mean.name, mean.types, mean.paths) == ("cpp_fused_mean_0", (), ("pool",))
    assert mean.seconds == pytest.approx((10e-6, 10e-6))


def test_calls_that_are_not_reported_as_listed_are_refused() -> None:
    with pytest.raises(ModelError, match="does not report its calls as they were listed"):
        layers(CALLS, [one_pass(40.0), one_pass(40.0, name="aten::conv2d")])


@pytest.mark.runtimes
def test_a_real_compiled_network(capfd: pytest.CaptureFixture[str]) -> None:
    from cnnprof.cost.attribution import attribute
    from cnnprof.runtimes.compiled.runtime import RUNTIME
    from cnnprof.runtimes.registry import Settings
    from cnnprof.trace.trace import trace_model
    from tests.runtimes.small_nets import SHAPE, SmallNet, seeded

    if not compiler_version():
        pytest.skip("no C++ compiler")
    model = seeded(SmallNet)
    graph = trace_model(model, [SHAPE])
    session = RUNTIME.prepare(model, Settings((SHAPE,)))
    rows, walls = session.profile(2)
    found = attribute(rows, graph, fuses=True)
    paths = [graph.ops[row.ops[0]].path for row in found if row.name.startswith("aoti_torch_")]
    assert sorted(paths) == [
        "block.conv",
        "block.depthwise",
        "shortcut",
    ]  # the linear layer is in a kernel of its own
    assert all(0 < sum(row.seconds[call] for row in rows) < walls[call] for call in range(2))
    assert "USDT" not in capfd.readouterr().err
