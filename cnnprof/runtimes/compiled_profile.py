"""Time of a compiled network by torch.profiler: the library calls that inductor makes, and what lies between them.

Convolutions and linear layers are calls of oneDNN or MKL, and the profiler tells the shapes they were given, which is
how they are set to the network's own. All else is in kernels that inductor generated, which the profiler does not see:
it is the time between those calls, and shown as one layer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.registry import RuntimeLayer

if TYPE_CHECKING:
    from cnnprof.runtimes.compiled import CompiledSession

PASS = "cnnprof pass"
GRAPH = "## Call CompiledFxGraph"
GENERATED = "kernels that inductor generated"

Span = tuple[float, float]


def profile_compiled(session: CompiledSession, calls: int) -> tuple[list[RuntimeLayer], list[float]]:
    """A row for each library call in the order they run, one for the rest of the graph; wall seconds of each pass."""
    if any(tensor.device.type != "cpu" for tensor in session.inputs):
        raise MissingRuntimeError(
            "the layers of a compiled network are timed on the CPU only",
            "use --device cpu, or leave out --time",
        )
    events, walls = _record(session, calls)
    passes = sorted(
        (event for event in events if event.name == PASS), key=lambda event: event.time_range.start
    )
    return layers([_within(event, events) for event in passes]), walls


def _record(session: CompiledSession, calls: int) -> tuple[list[Any], list[float]]:
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it would write to the terminal when it starts and stops
    from torch.profiler import ProfilerActivity, profile, record_function

    walls = []
    with torch.inference_mode():
        session.model(*session.inputs)
        with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
            for _ in range(calls):
                with record_function(PASS):
                    start = perf_counter()
                    session.model(*session.inputs)
                    walls.append(perf_counter() - start)
    return list(profiler.events() or ()), walls


def _within(whole: Any, events: Iterable[Any]) -> list[Any]:
    """What ran within a pass, in order."""
    span = whole.time_range
    inside = (
        event for event in events if event is not whole and span.start <= event.time_range.start < span.end
    )
    return sorted(inside, key=lambda event: event.time_range.start)


def layers(passes: Sequence[Sequence[Any]]) -> list[RuntimeLayer]:
    """One row for each library call, in the order of the calls, then one for the rest of the compiled graphs."""
    called = [[event for event in each if _is_library_call(event)] for each in passes]
    names = [[event.name for event in each] for each in called]
    if any(each != names[0] for each in names):
        raise ModelError(
            "the compiled network makes other calls from one pass to the next, so its layers cannot be timed",
            "leave out --time",
        )
    rows = [
        RuntimeLayer(
            events[0].name,
            (),
            (_word(events[0].name),),
            tuple(_seconds(event) for event in events),
            shapes=tuple(tuple(shape) for shape in events[0].input_shapes),
        )
        for events in zip(*called, strict=True)
    ]
    rest = tuple(
        sum(_seconds(event) for event in each if event.name.startswith(GRAPH)) - sum(map(_seconds, calls))
        for each, calls in zip(passes, called, strict=True)
    )
    return [*rows, RuntimeLayer(GENERATED, (), (), rest)]


def _is_library_call(event: Any) -> bool:
    parent = event.cpu_parent
    return parent is not None and parent.name.startswith(GRAPH)


def _word(name: str) -> str:
    """``convolution_pointwise`` of ``mkldnn::_convolution_pointwise``."""
    return str(name).rpartition("::")[2].strip("_")


def _seconds(event: Any) -> float:
    return float(event.time_range.elapsed_us()) / 1e6
