"""Time of a network compiled ahead, by torch.profiler: each library call and each kernel that inductor generated.

They run in one order, which is that of the program's own list of its calls; the list tells the modules of each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from cnnprof.errors import ModelError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.runtimes.compiled.ahead import Program
from cnnprof.runtimes.compiled.calls import Call
from cnnprof.runtimes.precision import exact_float32

PASS = "cnnprof pass"
GRAPH = re.compile(r"graph_\d+_")  # what the name of a generated kernel begins with when it runs


def profile_compiled(
    program: Program, listed: Sequence[Call], inputs: tuple[Tensor, ...], calls: int
) -> tuple[list[RuntimeLayer], list[float]]:
    """A row for each call that is ``listed``, in the order they run; wall seconds of each of ``calls`` passes."""
    events, walls = _record(program, inputs, calls)
    passes = sorted(
        (event for event in events if event.name == PASS), key=lambda event: event.time_range.start
    )
    return layers(listed, [_within(event, events) for event in passes]), walls


def _record(program: Program, inputs: tuple[Tensor, ...], calls: int) -> tuple[list[Any], list[float]]:
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it would write to the terminal when it starts and stops
    from torch.profiler import ProfilerActivity, profile, record_function

    walls = []
    with exact_float32(), torch.inference_mode():
        program(*inputs)
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            for _ in range(calls):
                with record_function(PASS):
                    start = perf_counter()
                    program(*inputs)
                    walls.append(perf_counter() - start)
    return list(profiler.events() or ()), walls


def _within(whole: Any, events: Iterable[Any]) -> list[Any]:
    """What ran within a pass, in order."""
    span = whole.time_range
    inside = (
        event for event in events if event is not whole and span.start <= event.time_range.start < span.end
    )
    return sorted(inside, key=lambda event: event.time_range.start)


def layers(calls: Sequence[Call], passes: Sequence[Sequence[Any]]) -> list[RuntimeLayer]:
    """One row for each call; ModelError where a pass was seen to make others than the program lists."""
    names = [call.name for call in calls]
    seen = [[event for event in each if _name(event) in set(names)] for each in passes]
    if any([_name(event) for event in each] != names for each in seen):
        raise ModelError(
            "the compiled network does not report its calls as they were listed, so its layers cannot be timed",
            "--runtime eager, or leave out --time",
        )
    return [
        RuntimeLayer(call.name, tuple(call.paths), tuple(call.types), tuple(map(_seconds, events)))
        for call, events in zip(calls, zip(*seen, strict=True), strict=True)
    ]


def _name(event: Any) -> str:
    return GRAPH.sub("", str(event.name), count=1)


def _seconds(event: Any) -> float:
    return float(event.time_range.elapsed_us()) / 1e6
