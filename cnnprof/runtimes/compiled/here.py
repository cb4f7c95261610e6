"""The network as torch.compile makes it, in this process and for it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError
from cnnprof.runtimes.cache.entries import Stored, open_cache
from cnnprof.runtimes.compiled.inductor import OPTIONS, known
from cnnprof.runtimes.compiled.refusal import why
from cnnprof.runtimes.inductor_folder import inductor_in
from cnnprof.runtimes.precision import exact_float32
from cnnprof.runtimes.quiet import kept_quiet

HEADER = "Python.h"  # what torch.compile makes is a module of Python's, which no program compiled ahead is
HEADER_HINT = "apt install python3-dev (Debian, Ubuntu), or use --runtime eager"
PASSES = 2  # the first compiles, the second runs what it left undone
# Dynamo compiles the code of a class once for every block, and for every network of this process; after the eighth it
# would run the next ones in eager without a word. Calls that are timed later compile nothing, so they need no room.
LIMITS = ("recompile_limit", "accumulated_recompile_limit")
NO_LIMIT = 1_000_000
ALONE = "isolate_recompiles"  # what else was compiled in this process does not count then; torch 2.9 lacks it


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled network, called as the module is; the number of its graphs, and what there is to say of it."""

    function: Callable[..., object]
    graphs: int = 1
    warnings: tuple[str, ...] = ()


def compile_here(model: nn.Module, inputs: tuple[Tensor, ...], folder: Path) -> Compiled:
    """The network after torch.compile has done its work, with inductor's files in the folder.

    Raises MissingRuntimeError without the headers of Python, ModelError where the network cannot be compiled.
    """
    try:
        with kept_quiet(), torch.inference_mode(), exact_float32(), inductor_in(folder), _options():
            return _compiled(model, inputs)
    except (CnnprofError, OSError):
        raise
    except Exception as error:  # dynamo and inductor raise errors of many classes, and so may the model
        if HEADER in why(error):
            raise MissingRuntimeError(
                "torch.compile needs Python's headers, which are not installed", HEADER_HINT
            ) from error
        raise ModelError(
            f"torch.compile cannot compile it: {why(error)}", "--runtime eager runs it as it is"
        ) from error


@contextmanager
def _options() -> Iterator[None]:
    """Inside, inductor freezes and dynamo has no limits, as far as this torch has names for them."""
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor

    limits: dict[str, Any] = {name: NO_LIMIT for name in LIMITS if hasattr(dynamo, name)}
    with inductor.patch(known(OPTIONS)), dynamo.patch(limits):
        yield


def _compiled(model: nn.Module, inputs: tuple[Tensor, ...]) -> Compiled:
    options: dict[str, Any] = {ALONE: True} if ALONE in signature(torch.compile).parameters else {}
    function: Callable[..., object] = torch.compile(model, dynamic=False, **options)
    before, refused = _graphs(), _refused()
    for _ in range(PASSES):
        function(*inputs)
    graphs = _graphs() - before
    function(*inputs)  # as those that are timed: nothing is left to be compiled
    return Compiled(function, graphs, tuple(_doubts(_refused() - refused, _graphs() - before - graphs)))


def _graphs() -> int:
    """How many this process has compiled so far."""
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])


def _refused() -> int:
    """How many functions dynamo has left to eager in this process because it had compiled them too often."""
    from torch._dynamo.utils import counters

    return sum(count for reason, count in counters["unimplemented"].items() if "limit exceeded" in reason)


def _doubts(refused: int, again: int) -> Iterator[str]:
    if refused:
        yield "torch.compile came to its limit: it leaves a part of the network to eager"
    if again:
        yield "torch.compile compiles in every call, until it leaves the network to eager: its times are of neither"


def compile_once(model: nn.Module, inputs: tuple[Tensor, ...], why_not: str) -> tuple[Compiled, Stored, str]:
    """By torch.compile, without an entry: it would stand for the network in all later processes."""
    start = perf_counter()
    with open_cache().scratch() as folder:
        compiled = compile_here(model, inputs, folder)
        told = (f"compiled in this process, and not compiled ahead this time: {why_not}",)
        return compiled, Stored(folder, False, perf_counter() - start, told), why_not
