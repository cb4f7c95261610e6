"""Networks in the shells of torch's compilers, and those that ask in which mode or on which device they run."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net

PICTURE = (1, 3, 12, 12)
MACS = 4 * 27 * 100
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def traced() -> nn.Module:
    trace: Any = torch.jit.trace
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # later releases of torch discourage it
        made: nn.Module = trace(nn.Conv2d(3, 4, 3).eval(), torch.zeros(PICTURE))
    return made


def compiled() -> Any:
    return torch.compile(nn.Conv2d(3, 4, 3))


def counted(net: nn.Module) -> int:
    return count_graph(trace_model(net, [PICTURE])).macs


@pytest.mark.parametrize(
    "make",
    [
        lambda: Net(lambda net, x: net.conv(x), conv=compiled()),
        lambda: nn.Sequential(compiled(), nn.ReLU()),
        traced,
        lambda: nn.Sequential(traced(), nn.ReLU()),
    ],
)
def test_a_shell_counts_as_what_it_wraps(make: Any) -> None:
    counts = count_graph(trace_model(make(), [PICTURE]))
    assert (counts.macs, counts.params) == (MACS, 4 * 27 + 4)


def test_a_wrapper_that_answers_for_a_compiled_module_is_counted_itself() -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = compiled()
            self.head = nn.Conv2d(4, 5, 1)

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(super().__getattr__("inner"), name)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.inner(x))  # type: ignore[no-any-return]

    assert count_graph(trace_model(Wrapper(), [PICTURE])).macs == MACS + 4 * 5 * 100


@pytest.mark.parametrize(
    "where", [lambda x: x.device.type == "cpu", lambda x: x.is_cpu, lambda x: x.get_device() < 0]
)
def test_a_network_that_asks_where_it_runs_is_told_as_with_data(where: Any) -> None:
    model = Net(lambda net, x: net.conv(x) if where(x) else net.conv(net.conv(x)), conv=nn.Conv2d(3, 3, 3))
    graph = trace_model(model, [PICTURE])
    assert graph.method == "shapes"
    assert [op.kind for op in graph.ops] == ["conv"]


@pytest.mark.parametrize(
    ("cast", "kinds"),
    [
        (lambda x, y: x.type(y.type()), []),
        (lambda x, y: x.type("torch.FloatTensor"), []),
        (lambda x, y: x.type(torch.float32), []),
        (lambda x, y: x.type("torch.DoubleTensor"), ["copy"]),
        (lambda x, y: x.type(torch.DoubleTensor), ["copy"]),
        (lambda x, y: x.type(torch.float64), ["copy"]),
        (lambda x, y: x if x.type() == "torch.FloatTensor" else x + y, []),
    ],
)
def test_types_under_their_older_names_need_no_data(cast: Any, kinds: list[str]) -> None:
    """As the head of YOLOX has it: ``x.type(y.type())``, which names where a tensor lies as well."""
    model = Net(lambda net, x: cast(x, net.weight), weight=nn.Parameter(torch.ones(1)))
    graph = trace_model(model, [PICTURE])
    assert graph.method == "shapes"
    assert [op.kind for op in graph.ops if op.kind == "copy"] == kinds
    expected = cast(torch.ones(PICTURE), torch.ones(1)).dtype
    assert graph.outputs[0].dtype == str(expected).removeprefix("torch.")


def test_what_is_made_where_a_tensor_lies_needs_no_data() -> None:
    model = Net(lambda net, x: net.conv(x) + torch.arange(10, device=x.device), conv=nn.Conv2d(3, 3, 3))
    assert trace_model(model, [PICTURE]).method == "shapes"


def test_eval_mode_is_entered_as_the_network_enters_it() -> None:
    class Merging(nn.Linear):
        """Low-rank updates, merged into the weight in eval mode (Hu et al. 2021)."""

        merged = False

        def train(self, mode: bool = True) -> Merging:
            self.merged = not mode
            return super().train(mode)

        def forward(self, x: Tensor) -> Tensor:
            out = super().forward(x)
            return out if self.merged else out + out

    layer = Merging(6, 4)
    model = nn.Sequential(layer)
    graph = trace_model(model, [(1, 6)])
    assert [op.kind for op in graph.ops] == ["linear"]
    assert model.training
    assert not layer.merged


class Frozen(nn.Sequential):
    """As detectors have it: their ``train`` returns nothing."""

    def train(self, mode: bool = True) -> None:  # type: ignore[override]
        super().train(mode)


@pytest.mark.parametrize("decides", [False, True])
def test_a_train_that_returns_nothing_will_do(decides: bool) -> None:
    net = Frozen(nn.Conv2d(3, 4, 3), Net(lambda net, x: x * 2 if decides and x.sum() > 0 else x + 1))
    assert counted(net) == MACS


def test_a_generator_is_asked_for_what_it_yields() -> None:
    net = Net(lambda net, x: (net.conv(x) for _ in range(2)), conv=nn.Conv2d(3, 4, 3))
    assert counted(net) == 2 * MACS


def test_a_compiled_function_is_counted_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: Any, **named: Any) -> Any:
        raise AssertionError("compiled while it was counted")

    net = nn.Sequential(nn.Conv2d(3, 4, 3))
    net.forward = torch.compile(net.forward, backend=never)  # type: ignore[method-assign]
    assert counted(net) == MACS
