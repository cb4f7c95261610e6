"""resolve -> trace: a network built from its source, and its graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cost.quantised import in_int8
from cnnprof.errors import ModelError
from cnnprof.pipeline.outside import refuse_counters
from cnnprof.records.graph import Graph
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import DTYPES
from cnnprof.zoo.packages import PACKAGES
from cnnprof.zoo.sources import Source

if TYPE_CHECKING:
    from torch import nn

    from cnnprof.trace.inventory import Inventory

Shape = tuple[int, ...]


def build_and_trace(
    request: Request, source: Source, calls: bool, weights: bool
) -> tuple[nn.Module | None, Graph]:
    """The network built and traced without compute; from a file that holds a graph, only the graph."""
    model: nn.Module | None = None
    if source.graph is not None:
        graph = source.graph(request.shapes, traced_dtype(request))
        refuse_counters(request)
    else:
        model, graph = _built_and_traced(request, source, calls, weights or request.verify)
        _check_first_kernel(source, graph)
    return model, in_int8(graph) if request.dtype == "int8" else graph


def traced_dtype(request: Request) -> str:
    """A network in int8 is traced in float32, which torch's layers run in, and its graph converted."""
    return "float32" if request.dtype == "int8" else request.dtype


def _built_and_traced(request: Request, source: Source, calls: bool, filled: bool) -> tuple[nn.Module, Graph]:
    from cnnprof.trace.trace import trace

    model, inventory, told = _in_dtype(source.build(filled, request.seed), request, source)
    try:
        graph = trace(inventory, request.shapes, traced_dtype(request), calls)
    except ModelError:
        if filled or source.kind not in PACKAGES:
            raise
        # Some of these decide by values, and the pass that tells what they do needs weights.
        return _built_and_traced(request, source, calls, True)
    return model, replace(graph, warnings=(*told, *graph.warnings))


def _in_dtype(
    model: nn.Module, request: Request, source: Source
) -> tuple[nn.Module, Inventory, tuple[str, ...]]:
    """The network with all weights in the dtype that it is traced in, what it holds, and a warning where one is due."""
    from cnnprof.trace.inventory import Inventory
    from cnnprof.trace.untouched.copying import copied
    from cnnprof.zoo.build import cast

    dtype, inventory = traced_dtype(request), Inventory(model)
    others = inventory.dtypes_beside(dtype)
    if not others:
        return model, inventory, ()
    model = cast(copied(model) if source.kind == "python" else model, dtype)
    return model, Inventory(model), _told_of_cast(others, dtype)


def _told_of_cast(dtypes: Sequence[str], asked: str) -> tuple[str, ...]:
    """A warning where weights were not in float32, which are made what was asked for without a word."""
    others = [dtype for dtype in dtypes if dtype != "float32"]
    if not others:
        return ()
    kept = f"--dtype {others[0]} keeps them" if others[0] in DTYPES else "a pass runs in one dtype"
    return (f"its {' and '.join(others)} weights were made {asked}: {kept}",)


def _check_first_kernel(source: Source, graph: Graph) -> None:
    """A picture smaller than the first kernel is all padding: torch runs it, and no count of it means anything."""
    if source.entry is None or source.entry.task == "block":
        return
    pictures = {value.storage for value in graph.inputs}
    for op in graph.ops:
        if op.kind == "conv" and op.inputs[0].storage in pictures:
            size, kernel = op.inputs[0].shape[-2:], op.weight[2:]
            if size[0] < kernel[0] or size[1] < kernel[1]:
                raise _too_small(op.path, op.module, size, kernel)
            return


def _too_small(path: str, module: str, size: Shape, kernel: Shape) -> ModelError:
    return ModelError(
        f"the network cannot take an input of {size[0]}x{size[1]}: layer {path} ({module}) "
        f"has a {kernel[0]}x{kernel[1]} kernel",
        "choose a larger --input; 32 is the smallest that most of these networks make sense at",
    )
