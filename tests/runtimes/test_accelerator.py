"""The accelerator's path, call by call, with a device that does not exist."""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from torch import Tensor

from cnnprof.runtimes.eager.accelerator import AcceleratorSession, TorchAccelerator


class FakeDevice:
    """Queues work, and knows the time only of events that it has caught up with."""

    def __init__(self, milliseconds: float) -> None:
        self.log: list[str] = []
        self.milliseconds = milliseconds
        self.now = 0.0
        self.pending: list[FakeEvent] = []
        self.made = 0

    def event(self) -> FakeEvent:
        self.made += 1
        return FakeEvent(self)

    def synchronize(self) -> None:
        self.log.append("synchronize")
        for event in self.pending:
            event.passed = True
        self.pending.clear()

    def call(self, *inputs: Tensor) -> None:
        assert torch.is_inference_mode_enabled()
        self.log.append("call")
        self.now += self.milliseconds


class FakeEvent:
    def __init__(self, device: FakeDevice) -> None:
        self.device = device
        self.at = -1.0
        self.passed = False
        self.was_end = False

    def record(self) -> None:
        self.device.log.append("record")
        self.at = self.device.now
        self.device.pending.append(self)

    def elapsed_time(self, end: FakeEvent) -> float:
        assert self.passed
        assert end.passed
        assert not end.was_end  # torch on MPS would wait for it again, forever
        end.was_end = True
        self.device.log.append("read")
        return end.at - self.at


def test_the_order_of_calls() -> None:
    device = FakeDevice(milliseconds=2.5)
    seconds = AcceleratorSession(device.call, (torch.zeros(1),), device).time(3)
    assert device.log == [
        "synchronize",  # nothing else is under way when the first mark is set
        "record",
        *["call", "record"] * 3,
        "synchronize",  # and all marks have been passed before the clock is read
        *["read"] * 3,
    ]
    assert device.made == 4
    assert seconds == pytest.approx([0.0025] * 3)  # milliseconds became seconds, once


def test_the_first_call_alone_tells_what_queueing_takes() -> None:
    """The host's clock is read around it; a full queue would hold the host up in those that follow."""
    readings = iter([10.0, 10.002])
    session = AcceleratorSession(
        FakeDevice(2.5).call, (torch.zeros(1),), FakeDevice(2.5), clock=lambda: next(readings)
    )
    assert session.launch_s is None
    session.time(3)
    assert session.launch_s == pytest.approx(0.002)


def test_inputs_are_passed_on() -> None:
    device, seen = FakeDevice(1.0), []
    inputs = torch.ones(2), torch.zeros(3)
    AcceleratorSession(lambda *given: seen.append(given), inputs, device).time(2)
    assert all(a is b for given in seen for a, b in zip(given, inputs, strict=True))
    assert len(seen) == 2


class Refusing(FakeEvent):
    """As torch's on MPS, which stamps marks on threads of the host."""

    def elapsed_time(self, end: FakeEvent) -> float:
        if end.at <= self.at:
            raise RuntimeError("End event 3 was not recorded after start event 2")
        return super().elapsed_time(end)


class Stumbling(FakeDevice):
    """Its second call of ``wrong`` blocks takes no time."""

    def __init__(self, wrong: int) -> None:
        super().__init__(2.0)
        self.wrong = wrong

    def event(self) -> Refusing:
        return Refusing(self)

    def call(self, *inputs: Tensor) -> None:
        super().call(*inputs)
        if self.wrong and self.log.count("call") % 3 == 2:
            self.now -= self.milliseconds
            self.wrong -= 1


def test_a_block_whose_marks_are_out_of_order_is_taken_anew() -> None:
    device = Stumbling(wrong=2)
    assert AcceleratorSession(device.call, (torch.zeros(1),), device).time(3) == pytest.approx([0.002] * 3)
    assert device.log.count("call") == 9
    device = Stumbling(wrong=99)
    with pytest.raises(RuntimeError, match="was not recorded after"):
        AcceleratorSession(device.call, (torch.zeros(1),), device).time(3)


def test_float32_is_float32_while_it_is_called() -> None:
    """Left alone, convolutions on CUDA round what they read to ten bits."""
    before, seen = allowed(), []

    def model(x: Tensor) -> Tensor:
        seen.append(allowed())
        return x

    session = AcceleratorSession(model, (torch.zeros(1),), FakeDevice(1.0))
    session.time(2)
    session.outputs()
    session.profile(1)
    assert len(seen) == 5  # one more to list the functions
    assert set(seen) == {(False, False)}
    assert allowed() == before


def allowed() -> tuple[bool, bool]:
    """Whether CUDA may round what convolutions and products of float32 read."""
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is one here")
def test_torch_is_asked_in_its_own_words() -> None:
    """What it lacks here is the device, if anything, and no argument is unknown to it (TypeError, AttributeError)."""
    device = TorchAccelerator(torch.device("cuda"))
    for ask in (device.event, device.synchronize):
        with suppress(RuntimeError):  # a build for CUDA makes events without a device
            ask()


@pytest.mark.gpu
def test_a_real_accelerator() -> None:
    device = torch.accelerator.current_accelerator()
    assert device is not None
    x = torch.randn(256, 256, device=device)
    seconds = AcceleratorSession(lambda a: a @ a, (x,), TorchAccelerator(device)).time(5)
    assert len(seconds) == 5
    assert all(0 < each < 10 for each in seconds)
