"""PyTorch as it is: every op called one after another, on the CPU or an accelerator."""

from __future__ import annotations

from time import perf_counter

import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.accelerator import AcceleratorSession, TorchAccelerator
from cnnprof.runtimes.registry import Session, Settings


class CpuSession:
    """A network on the CPU: a call has ended when it returns."""

    def __init__(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._model = model
        self._inputs = inputs

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes, read from the monotonic clock around each."""
        model, inputs, seconds = self._model, self._inputs, []
        with torch.inference_mode():
            for _ in range(calls):
                start = perf_counter()
                model(*inputs)
                seconds.append(perf_counter() - start)
        return seconds


class EagerRuntime:
    """torch eager."""

    def resolve_device(self, device: str) -> str:
        """``auto`` is the accelerator that torch finds, or the CPU."""
        found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        here = "cpu" if found is None else found.type
        if device == "auto":
            return here
        if device not in ("cpu", here):
            raise MissingRuntimeError(
                f"device {device} is not there: torch {torch.__version__} finds {_found(here)}",
                "use --device cpu, or install a torch build for your accelerator (pytorch.org, Get started)",
            )
        return device

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Move the network to its device, dtype and memory layout, with one random normal input for all calls."""
        device, dtype = torch.device(settings.device), getattr(torch, settings.dtype)
        layout = torch.channels_last if settings.channels_last else torch.preserve_format
        torch.set_num_threads(settings.threads)
        torch.set_flush_denormal(True)  # denormals cost up to a hundred times a normal number's time
        model = model.eval().to(device=device, dtype=dtype)
        model = model.to(memory_format=layout)  # type: ignore[call-overload]
        inputs = tuple(_normal(shape, settings).to(device=device, dtype=dtype) for shape in settings.shapes)
        if settings.channels_last:
            inputs = tuple(x.to(memory_format=layout) if x.dim() == 4 else x for x in inputs)
        if device.type == "cpu":
            return CpuSession(model, inputs)
        return AcceleratorSession(model, inputs, TorchAccelerator(device))

    def versions(self) -> dict[str, str]:
        """torch's version, and the CPU capability that its kernels were chosen for."""
        return {"torch": torch.__version__, "torch_cpu_capability": torch.backends.cpu.get_cpu_capability()}


def _normal(shape: tuple[int, ...], settings: Settings) -> Tensor:
    # Never zeros or constants: their speed is not that of pictures on every kernel.
    return torch.randn(shape, generator=torch.Generator().manual_seed(settings.seed))


def _found(here: str) -> str:
    return "no accelerator" if here == "cpu" else f"only {here}"


RUNTIME = EagerRuntime()
