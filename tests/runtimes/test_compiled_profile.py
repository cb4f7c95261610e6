"""torch.profiler's events of a compiled network: library calls by their shapes, and the rest of the graph."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from cnnprof.errors import ModelError
from cnnprof.runtimes.compiled_profile import GENERATED, GRAPH, layers


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
    cpu_parent: Event | None = None
    input_shapes: list[list[int]] = field(default_factory=list)


CONV = "mkldnn::_convolution_pointwise"


def one_pass(conv_us: float, *, name: str = CONV) -> list[Event]:
    """A graph of 100 us with a convolution, an allocation inside it, and a linear layer of 10 us."""
    graph = Event(f"{GRAPH} None ##", Range(0.0, 100.0))
    conv = Event(name, Range(10.0, 10.0 + conv_us), graph, [[1, 3, 8, 8], [4, 3, 3, 3], [4], []])
    inner = Event("aten::empty", Range(11.0, 12.0), conv)
    linear = Event("mkl::_mkl_linear", Range(80.0, 90.0), graph, [[1, 4], [10, 4]])
    return [Event("TorchDynamo Cache Lookup", Range(-5.0, -1.0)), graph, conv, inner, linear]


def test_library_calls_then_what_lies_between_them() -> None:
    conv, linear, rest = layers([one_pass(40.0), one_pass(44.0)])
    assert (conv.name, conv.types, conv.paths) == (CONV, ("convolution_pointwise",), ())
    assert conv.shapes == ((1, 3, 8, 8), (4, 3, 3, 3), (4,), ())
    assert conv.seconds == pytest.approx((40e-6, 44e-6))
    assert linear.types == ("mkl_linear",)
    assert rest.name == GENERATED
    assert rest.seconds == pytest.approx(((100 - 40 - 10) / 1e6, (100 - 44 - 10) / 1e6))


def test_calls_that_change_are_refused() -> None:
    with pytest.raises(ModelError, match="other calls from one pass to the next"):
        layers([one_pass(40.0), one_pass(40.0, name="aten::conv2d")])


@pytest.mark.runtimes
def test_a_real_compiled_network(capfd: pytest.CaptureFixture[str]) -> None:
    import torch
    from torch import nn

    from cnnprof.cost.attribution import attribute
    from cnnprof.runtimes.compiled import RUNTIME, find_compiler
    from cnnprof.runtimes.registry import Settings
    from cnnprof.trace.trace import trace_model

    if not find_compiler():
        pytest.skip("no C++ compiler")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 15 * 15, 10))
    graph = trace_model(model.eval(), [(1, 3, 32, 32)])
    session = RUNTIME.prepare(model.eval(), Settings(((1, 3, 32, 32),)))
    rows, walls = session.profile(2)
    found = attribute(rows, graph, fuses=True)
    assert found[0].ops == (0, 1)
    assert all(0 < sum(row.seconds[call] for row in rows) < walls[call] for call in range(2))
    assert "USDT" not in capfd.readouterr().err
