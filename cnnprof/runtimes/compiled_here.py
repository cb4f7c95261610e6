"""The network as torch.compile makes it, in this process and for it alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn

from cnnprof.errors import CnnprofError, ModelError, first_line
from cnnprof.runtimes.accelerator import exact_float32
from cnnprof.runtimes.cache import Stored, open_cache
from cnnprof.runtimes.export import kept_quiet
from cnnprof.runtimes.inductor import OPTIONS, inductor_in, known

PASSES = 2  # the first compiles, the second runs what it left undone


def compile_here(model: nn.Module, inputs: tuple[Tensor, ...], folder: Path) -> Callable[..., object]:
    """The network after torch.compile has done its work, with inductor's files in the folder."""
    try:
        with kept_quiet(), torch.inference_mode(), exact_float32(), inductor_in(folder):
            from torch._inductor import config

            function: Callable[..., object] = torch.compile(model, dynamic=False)
            with config.patch(known(OPTIONS)):
                for _ in range(PASSES):
                    function(*inputs)
    except (CnnprofError, OSError):
        raise
    except Exception as error:  # dynamo and inductor raise errors of many classes, and so may the model
        raise ModelError(
            f"torch.compile cannot compile it: {first_line(error)}", "--runtime eager runs it as it is"
        ) from error
    return function


def compile_once(
    model: nn.Module, inputs: tuple[Tensor, ...], why_not: str
) -> tuple[Callable[..., object], Stored, str]:
    """By torch.compile, without an entry: it would stand for the network in all later processes."""
    start = perf_counter()
    with open_cache().scratch() as folder:
        function = compile_here(model, inputs, folder)
        told = (f"compiled in this process, and not compiled ahead this time: {why_not}",)
        return function, Stored(folder, False, perf_counter() - start, told), why_not
