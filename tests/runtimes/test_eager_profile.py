"""Every function of a network timed one by one, on the CPU and on a device that does not exist."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.cost.attribution import attribute
from cnnprof.errors import ModelError
from cnnprof.runtimes.eager.accelerator import AcceleratorSession, TorchAccelerator
from cnnprof.runtimes.eager.profile import profile_eager
from cnnprof.runtimes.eager.runtime import CpuSession
from cnnprof.trace.trace import trace_model
from tests.runtimes.test_accelerator import FakeDevice, FakeEvent, Refusing

X = torch.zeros(1, 4, 8, 8)


class Block(nn.Module):
    """Layers, functions, a view, a question about the shape, and an addition."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = F.hardswish(self.act(self.conv(x)))
        return (x + y).view(x.shape[0], -1)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block, self.shared = nn.Sequential(Block(), nn.Flatten(), nn.Unflatten(1, (4, 8, 8))), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.shared(self.block(self.shared(x)))
        return out


def names(model: nn.Module) -> list[tuple[str, str]]:
    rows, _ = profile_eager(CpuSession(model.eval(), (X,)), 1)
    return [(row.name, row.paths[0]) for row in rows]


def test_each_function_in_order_with_its_module() -> None:
    assert names(Block()) == [
        ("conv2d", "conv"),
        ("relu", "act"),
        ("hardswish", ""),
        ("add", ""),
        ("view", ""),
    ]


def test_every_row_is_an_op_of_the_graph_in_its_order() -> None:
    model = Twice().eval()
    rows, _ = profile_eager(CpuSession(model, (X,)), 2)
    layers = attribute(rows, trace_model(model, [tuple(X.shape)]), fuses=False)
    places = [layer.ops for layer in layers]
    assert all(places)
    assert [op for ops in places for op in ops] == list(range(sum(map(len, places))))
    assert layers[0].paths == ("shared",)


def test_times_lie_within_their_pass() -> None:
    rows, total = profile_eager(CpuSession(Block().eval(), (X,)), 3)
    assert [len(row.seconds) for row in rows] == [3] * 5
    for call, whole in enumerate(total):
        parts = [row.seconds[call] for row in rows]
        assert min(parts) > 0
        assert sum(parts) < whole


def test_no_hook_and_no_mode_stays_behind() -> None:
    model = Block().eval()
    session = CpuSession(model, (X,))
    profile_eager(session, 1)
    hooks = nn.modules.module._global_forward_hooks, nn.modules.module._global_forward_pre_hooks
    assert not any(hooks)
    assert torch._C._len_torch_function_stack() == 0
    assert not model._forward_hooks


class Moody(nn.Module):
    """Calls another function each time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return F.relu(x) if self.calls % 2 else F.hardswish(x)


def test_a_network_that_runs_otherwise_each_time_is_refused() -> None:
    with pytest.raises(ModelError, match="other functions from one pass to the next"):
        profile_eager(CpuSession(Moody().eval(), (X,)), 2)


class Ticking(FakeDevice):
    """Every mark is 2 ms after the one before it."""

    def event(self):  # type: ignore[no-untyped-def]
        self.now += self.milliseconds
        return super().event()


def test_an_accelerator_is_read_by_events_after_it_has_caught_up() -> None:
    device = Ticking(milliseconds=2.0)
    rows, total = profile_eager(AcceleratorSession(Block().eval(), (X,), device), 1)
    # marks: start, two for each of five functions and two for the question x.shape, end
    assert device.log == ["synchronize", *["record"] * 14, "synchronize", *["read"] * 7]
    assert [row.seconds for row in rows] == [pytest.approx((0.002,))] * 5
    assert total == pytest.approx([13 * 0.002])


class Halting(FakeDevice):
    """Time passes between functions and never within one."""

    def event(self) -> Refusing:
        self.made += 1
        self.now += 0.0 if self.made % 2 else self.milliseconds
        return Refusing(self)


def test_a_function_between_marks_that_mps_cannot_tell_apart_takes_no_time() -> None:
    rows, total = profile_eager(AcceleratorSession(Block().eval(), (X,), Halting(2.0)), 1)
    assert [row.seconds for row in rows] == [(0.0,)] * 5
    assert total == pytest.approx([7 * 0.002])


def test_other_refusals_are_told() -> None:
    class Broken(FakeEvent):
        def elapsed_time(self, end: FakeEvent) -> float:
            raise RuntimeError("CUDA error: device not ready")

    class Device(FakeDevice):
        def event(self) -> Broken:
            return Broken(self)

    with pytest.raises(RuntimeError, match="not ready"):
        profile_eager(AcceleratorSession(Block().eval(), (X,), Device(2.0)), 1)


@pytest.mark.gpu
def test_layers_of_a_real_accelerator() -> None:
    device = torch.accelerator.current_accelerator()
    assert device is not None
    session = AcceleratorSession(Block().eval().to(device), (X.to(device),), TorchAccelerator(device))
    rows, total = profile_eager(session, 3)
    assert [len(row.seconds) for row in rows] == [3] * 5
    assert min(seconds for row in rows for seconds in row.seconds) >= 0
    assert min(total) > 0
