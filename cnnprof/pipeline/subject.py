"""trace -> cost: a network built from its source, with its graph and its counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnnprof.cost.audit import audit
from cnnprof.cost.count import count_graph
from cnnprof.cost.quantised import in_int8
from cnnprof.errors import CnnprofError, ModelError
from cnnprof.pipeline.collector import collector_paused
from cnnprof.pipeline.fakes import is_timed
from cnnprof.pipeline.outside import refuse_counters
from cnnprof.pipeline.resolve import inputs_of, resolve, settle
from cnnprof.records.convention import Audit
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import DTYPES
from cnnprof.zoo.packages import PACKAGES
from cnnprof.zoo.sources import Source

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One model under way: what was asked, where it comes from, the built network and what it costs.

    ``model`` is None where the source is a file that holds a graph.
    """

    request: Request
    source: Source
    model: nn.Module | None
    graph: Graph
    counts: Counts
    audits: tuple[Audit, ...] = ()
    as_trained: Counts | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Shapes of the inputs with the batch."""
        return _with_batch(self.request)

    @property
    def module(self) -> nn.Module:
        """The built network, where there must be one."""
        assert self.model is not None
        return self.model

    def own_module(self) -> nn.Module:
        """The network as one that may be changed: a caller's module stays as it is."""
        from cnnprof.trace.untouched.copying import copied

        return copied(self.module) if self.source.kind == "python" else self.module


def make_subject(
    request: Request, model: nn.Module | None = None, calls: bool = True, weights: bool = True
) -> Subject:
    """Everything that is known of one model before it is timed; ``model`` stands for the name where it is given.

    Without ``calls`` the graph does not hold the calls of modules, which only other counters' conventions need.
    Without ``weights`` the network is built without them, to be counted, also where it is to be timed: whoever times
    it builds it again.
    """
    source = resolve(
        request, model
    )  # first: what is wrong with a file comes before what is missing to run it
    return _make(settle(request), source, calls, weights and is_timed(request))


def count_model(request: Request, model: nn.Module | None = None) -> Counts:
    """What one model costs, without a question to the machine."""
    return _make(request, resolve(request, model), False, False).counts


def _make(request: Request, source: Source, calls: bool, weights: bool) -> Subject:
    try:
        with collector_paused():
            return _count(replace(request, inputs=inputs_of(request, source)), source, calls, weights)
    except ModelError as error:
        named = error.message.startswith(f"{request.model} ")
        raise ModelError(
            error.message if named else f"{request.model}: {error.message}", error.hint
        ) from error


def _with_batch(request: Request) -> tuple[Shape, ...]:
    return tuple((request.batch, *shape) for shape in request.inputs or ())


def _count(request: Request, source: Source, calls: bool = True, weights: bool = False) -> Subject:
    """The network and its graph, costed."""
    model, graph = _build_and_trace(request, source, calls, weights)
    _check_first_kernel(source, graph)
    subject = Subject(request, source, model, graph, count_graph(graph))
    if request.deploy:
        subject = replace(subject, as_trained=_as_trained(request))
    return replace(subject, audits=_audits(subject)) if request.verify else subject


def _build_and_trace(
    request: Request, source: Source, calls: bool, weights: bool
) -> tuple[nn.Module | None, Graph]:
    """The network built and traced without compute; from a file that holds a graph, only the graph."""
    dtype, finished = _traced_dtype(request)
    if source.graph is not None:
        graph = source.graph(_with_batch(request), dtype)
        refuse_counters(request)
        return None, finished(graph)
    from cnnprof.trace.inventory import Inventory
    from cnnprof.trace.trace import trace
    from cnnprof.trace.untouched.copying import copied
    from cnnprof.zoo.build import cast

    filled = weights or request.verify
    model = source.build(filled, request.seed)
    inventory = Inventory(model)
    told: tuple[str, ...] = ()
    if others := inventory.dtypes_beside(dtype):
        told = _told_of_cast(others, request)
        model = cast(copied(model) if source.kind == "python" else model, dtype)
        inventory = Inventory(model)
    try:
        graph = finished(trace(inventory, _with_batch(request), dtype, calls))
        return model, replace(graph, warnings=(*told, *graph.warnings)) if told else graph
    except ModelError:
        if filled or source.kind not in PACKAGES:
            raise
        # Some of these decide by values, and the pass that tells what they do needs weights.
        return _build_and_trace(request, source, calls, True)


def _told_of_cast(dtypes: Sequence[str], request: Request) -> tuple[str, ...]:
    """A warning where weights were not in float32, which are made what was asked for without a word."""
    others = [dtype for dtype in dtypes if dtype != "float32"]
    if not others:
        return ()
    asked = _traced_dtype(request)[0]
    kept = f"--dtype {others[0]} keeps them" if others[0] in DTYPES else "a pass runs in one dtype"
    return (f"its {' and '.join(others)} weights were made {asked}: {kept}",)


def _traced_dtype(request: Request) -> tuple[str, Callable[[Graph], Graph]]:
    """A network in int8 is traced in float32, which torch's layers run in, and its graph converted."""
    return ("float32", in_int8) if request.dtype == "int8" else (request.dtype, lambda graph: graph)


def _as_trained(request: Request) -> Counts:
    plain = replace(request, deploy=False, latency=False, verify=False)
    return _count(plain, resolve(plain)).counts


def _audits(subject: Subject) -> tuple[Audit, ...]:
    from cnnprof.trace.peers import run_peers

    peers = run_peers(subject.own_module().eval(), subject.shapes, _traced_dtype(subject.request)[0])
    return tuple(audit(peer, subject.counts) for peer in peers)


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


def _too_small(path: str, module: str, size: Shape, kernel: Shape) -> CnnprofError:
    return ModelError(
        f"the network cannot take an input of {size[0]}x{size[1]}: layer {path} ({module}) "
        f"has a {kernel[0]}x{kernel[1]} kernel",
        "choose a larger --input; 32 is the smallest that most of these networks make sense at",
    )
