"""The one path for CUDA, MPS and other accelerators: events on the device's stream, read after it has caught up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.precision import exact_float32
from cnnprof.runtimes.tensors import to_compare


class Event(Protocol):
    """A mark on the device's stream."""

    def record(self) -> None:
        """Put the mark behind the work queued so far."""

    def elapsed_time(self, end: Any) -> float:
        """Milliseconds from this mark to ``end``, once both have been passed."""


class Accelerator(Protocol):
    """What timing needs of a device; a fake one stands in where there is no device."""

    def event(self) -> Event:
        """A new mark that can be timed."""

    def synchronize(self) -> None:
        """Wait until all queued work has ended."""


class TorchAccelerator:
    """The device that ``torch.accelerator`` drives."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def event(self) -> Event:
        """A timing event of this device."""
        event: Event = torch.Event(device=self._device, enable_timing=True)
        return event

    def synchronize(self) -> None:
        """Wait for the device."""
        torch.accelerator.synchronize(self._device)


OUT_OF_ORDER = "was not recorded after"  # as torch says it on MPS
AGAIN = 2


class OutOfOrderError(RuntimeError):
    """Torch stamped the later of two marks before the other, so that it does not tell how long it took."""


def seconds_between(start: Event, end: Event) -> float:
    """Seconds from one mark to a later one, both passed: torch tells milliseconds. Ask once for each ``end``: on MPS
    torch would wait for it again, forever (MPSEvent.mm, waitForCpuSync).
    """
    try:
        return start.elapsed_time(end) / 1e3
    except RuntimeError as error:
        if OUT_OF_ORDER in str(error):
            raise OutOfOrderError(str(error)) from error
        raise


def seconds_within(start: Event, end: Event) -> float:
    """The same where there may be no work between the marks: a view, a question about a shape.

    On MPS torch stamps a mark when a thread of the host hears of it, each mark by a thread of its own, and refuses to
    tell of two whose stamps are not in order (MPSEvent.mm, elapsedTime). What lies between such is nothing.
    """
    try:
        return seconds_between(start, end)
    except OutOfOrderError:
        return 0.0


class AcceleratorSession:
    """A network on an accelerator: calls are queued, and events on the stream tell how long each took.

    ``launch_s``: seconds that the host took to queue the first call when it was last timed, None before. Of that one
    alone, for a queue that is full holds the host up until the device has caught up.
    """

    def __init__(
        self,
        model: Callable[..., object],
        inputs: tuple[Tensor, ...],
        accelerator: Accelerator,
        preparation: Preparation | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.accelerator = accelerator
        self.preparation = preparation or Preparation()
        self.launch_s: float | None = None
        self._clock = clock

    def time(self, calls: int) -> list[float]:
        """Seconds of each call: synchronise, mark around each, synchronise, then read; converted once.

        Device time alone: where the host cannot queue as fast as the device works, the gap between two marks includes
        the wait for the host, so a launch-bound network shows its launches; ``launch_s`` tells that it is one.

        All calls are made anew, up to twice, where torch has the marks out of order (``seconds_within`` says when).
        """
        for _ in range(AGAIN):
            with suppress(OutOfOrderError):
                return self._take(calls)
        return self._take(calls)

    def _take(self, calls: int) -> list[float]:
        device = self.accelerator
        marks = [device.event() for _ in range(calls + 1)]
        device.synchronize()
        with exact_float32(), torch.inference_mode():
            marks[0].record()
            begun = self._clock()
            for number, mark in enumerate(marks[1:]):
                self.model(*self.inputs)
                mark.record()
                if not number:
                    self.launch_s = self._clock() - begun
        device.synchronize()
        return [seconds_between(start, end) for start, end in pairwise(marks)]

    def outputs(self) -> list[Tensor]:
        """The output tensors of one forward pass, brought to the CPU as they are compared."""
        with exact_float32(), torch.inference_mode():
            return to_compare(self.model(*self.inputs))

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """Seconds of every op, by module path and function."""
        from cnnprof.runtimes.eager.profile import profile_eager

        with exact_float32():
            return profile_eager(self, calls)
