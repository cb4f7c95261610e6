"""PyTorch as it is: every op called one after another, on the CPU or an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.clock import seconds_of
from cnnprof.runtimes.eager.accelerator import AcceleratorSession, TorchAccelerator
from cnnprof.runtimes.eager.device import find_accelerator, options_of
from cnnprof.runtimes.precision import exact_float32
from cnnprof.runtimes.registry import Session, Settings
from cnnprof.runtimes.tensors import random_inputs, to_compare


class CpuSession:
    """A network on the CPU: a call has ended when it returns."""

    def __init__(
        self, model: Callable[..., object], inputs: tuple[Tensor, ...], preparation: Preparation | None = None
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.preparation = preparation or Preparation()

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes."""
        with exact_float32(), torch.inference_mode():
            return seconds_of(partial(self.model, *self.inputs), calls)

    def outputs(self) -> list[Tensor]:
        """The output tensors of one forward pass, as they are compared."""
        with exact_float32(), torch.inference_mode():
            return to_compare(self.model(*self.inputs))

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """Seconds of every op, by module path and function."""
        from cnnprof.runtimes.eager.profile import profile_eager

        with exact_float32():
            return profile_eager(self, calls)


class EagerRuntime:
    """torch eager."""

    dtypes = ("float32", "bfloat16", "float16")

    def resolve_device(self, device: str) -> str:
        """``auto`` is the accelerator that torch finds, or the CPU."""
        found = find_accelerator()
        here = "cpu" if found is None else found.type
        if device == "auto":
            return here
        if device not in ("cpu", here):
            raise MissingRuntimeError(
                f"device {device} is not available: torch {torch.__version__} finds {_found(here)}",
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
        inputs = tuple(x.to(device=device, dtype=dtype) for x in random_inputs(settings))
        if settings.channels_last:
            inputs = tuple(x.to(memory_format=layout) if x.dim() == 4 else x for x in inputs)
        preparation = Preparation(options=self.versions() | _options(settings))
        if device.type == "cpu":
            return CpuSession(model, inputs, preparation)
        return AcceleratorSession(model, inputs, TorchAccelerator(device), preparation)

    def versions(self) -> dict[str, str]:
        """torch's version, and the CPU capability that its kernels were chosen for."""
        return {"torch": torch.__version__, "torch_cpu_capability": torch.backends.cpu.get_cpu_capability()}


def _options(settings: Settings) -> dict[str, str]:
    layout = "channels_last" if settings.channels_last else "contiguous"
    threads = str(settings.threads)
    own = options_of(settings.device)
    return {"memory_format": layout, "threads": threads, "flush_denormal": "on", **own}


def _found(here: str) -> str:
    return "no accelerator" if here == "cpu" else f"only {here}"


RUNTIME = EagerRuntime()
