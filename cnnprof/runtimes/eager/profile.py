"""Time of every op of torch eager: each function that the network calls is caught, and the clock read around it.

The functions are caught where the tracer catches them (``__torch_function__``), so that rows stand for the ops of the
graph one for one, in their order. torch.profiler costs less of the whole (about 2 us a function against 5, measured on
ShuffleNetV2 at 32 px), but its cost lies inside the op, once for each of four or five nested aten calls, and it knows
no modules. What catching costs here lies between the ops: their times stay what they are, and the rest grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from cnnprof.errors import ModelError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.runtimes.eager.accelerator import Accelerator, Event, seconds_between, seconds_within
from cnnprof.runtimes.tensors import lay_flat

Function = Callable[..., Any]


class EagerSession(Protocol):
    """What is profiled; one on an accelerator also has an ``accelerator``."""

    model: Callable[..., object]
    inputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """One function that the network calls, and the innermost module that calls it.

    ``computes`` is False for questions such as ``x.shape``: they are no work.
    """

    function: Function
    path: str
    computes: bool


class FunctionTimer(TorchFunctionMode):
    """Runs every function that is called while it is active, with a mark before and a mark after it."""

    def __init__(self, mark: Callable[[], Any]) -> None:
        super().__init__()
        self.mark = mark
        self.functions: list[Function] = []
        self.marks: list[tuple[Any, Any]] = []

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Time one function."""
        mark = self.mark
        start = mark()
        result = func(*args, **(kwargs or {}))
        self.marks.append((start, mark()))
        self.functions.append(func)
        return result


class FunctionLister(TorchFunctionMode):
    """Writes down every function that is called while it is active, and the module on top of ``stack``."""

    def __init__(self, stack: Sequence[str]) -> None:
        super().__init__()
        self.stack = stack
        self.called: list[Called] = []

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run the function and note it."""
        result = func(*args, **(kwargs or {}))
        path = self.stack[-1] if self.stack else ""
        self.called.append(Called(func, path, result is None or bool(lay_flat(result))))
        return result


# Modules are watched once a session: later passes only read the clock, and must call the same functions.
PLANS: WeakKeyDictionary[EagerSession, tuple[Called, ...]] = WeakKeyDictionary()


def profile_eager(session: EagerSession, calls: int) -> tuple[list[RuntimeLayer], list[float]]:
    """A row for each function that computes, in the order they are called, and the wall seconds of each pass.

    On an accelerator both are device time between events on its stream. Raises ModelError where the network calls
    other functions from pass to pass.
    """
    plan = PLANS.get(session) or PLANS.setdefault(session, list_calls(session))
    accelerator: Accelerator | None = getattr(session, "accelerator", None)
    passes = [_timed_pass(session, plan, accelerator) for _ in range(calls)]
    rows = zip(*(seconds for seconds, _ in passes), strict=True)
    layers = [
        RuntimeLayer(name, (called.path,), (name,), seconds)
        for called, seconds in zip(plan, rows, strict=True)
        if called.computes
        for name in (called.function.__name__,)
    ]
    return layers, [total for _, total in passes]


def list_calls(session: EagerSession) -> tuple[Called, ...]:
    """The functions of one pass; it also warms up."""
    stack: list[str] = []
    with torch.inference_mode(), _watched(session.model, stack), FunctionLister(stack) as lister:
        session.model(*session.inputs)
    return tuple(lister.called)


@contextmanager
def _watched(model: Callable[..., object], stack: list[str]) -> Iterator[None]:
    """Keep the path of the running module on top of ``stack``; one that the network does not hold has none."""
    named = model.named_modules() if isinstance(model, nn.Module) else ()
    paths = {id(module): path for path, module in named}

    def enter(module: nn.Module, inputs: object) -> None:
        stack.append(paths.get(id(module), ""))

    def leave(module: nn.Module, inputs: object, output: object) -> None:
        stack.pop()

    hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _timed_pass(
    session: EagerSession, plan: Sequence[Called], accelerator: Accelerator | None
) -> tuple[list[float], float]:
    """Seconds of each function of one pass, and of the whole."""
    mark: Callable[[], Any] = perf_counter if accelerator is None else lambda: _event(accelerator)
    if accelerator is not None:
        accelerator.synchronize()
    with torch.inference_mode(), FunctionTimer(mark) as timer:
        begun = mark()
        session.model(*session.inputs)
        ended = mark()
    if accelerator is not None:
        accelerator.synchronize()
    if timer.functions != [called.function for called in plan]:
        raise ModelError(
            "the network calls other functions from one pass to the next, so its layers cannot be timed",
            "leave out --time, or give a model whose ops do not depend on values or on former calls",
        )
    if accelerator is None:
        return [end - start for start, end in timer.marks], ended - begun
    return [seconds_within(*marks) for marks in timer.marks], seconds_between(begun, ended)


def _event(accelerator: Accelerator) -> Event:
    event = accelerator.event()
    event.record()
    return event
