"""trace -> cost: a network built from its source, with its graph and its counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnnprof.cost.audit import audit
from cnnprof.cost.count import count_graph
from cnnprof.errors import ModelError
from cnnprof.pipeline.collector import collector_paused
from cnnprof.pipeline.fakes import is_timed
from cnnprof.pipeline.resolve import inputs_of, resolve, settle
from cnnprof.pipeline.tracing import build_and_trace, traced_dtype
from cnnprof.records.convention import Audit
from cnnprof.records.counts import Counts
from cnnprof.records.graph import Graph
from cnnprof.records.request import Request
from cnnprof.zoo.sources import Source

if TYPE_CHECKING:
    from torch import nn


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


def make_subject(
    request: Request, model: nn.Module | None = None, calls: bool = True, weights: bool = True
) -> Subject:
    """Everything that is known of one model before it is timed; ``model`` stands for the name where it is given.

    Without ``calls`` the graph does not hold the calls of modules, which only other counters' conventions need.
    Without ``weights`` the network is built without them, to be counted, also where it is to be timed: whoever times
    it builds it again.
    """
    # First: what is wrong with a file comes before what is missing to run it.
    source = resolve(request, model)
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


def _count(request: Request, source: Source, calls: bool, weights: bool) -> Subject:
    """The network and its graph, costed."""
    model, graph = build_and_trace(request, source, calls, weights)
    subject = Subject(request, source, model, graph, count_graph(graph))
    if request.deploy:
        subject = replace(subject, as_trained=_as_trained(request))
    return replace(subject, audits=_audits(subject)) if request.verify else subject


def _as_trained(request: Request) -> Counts:
    plain = replace(request, deploy=False, latency=False, verify=False)
    return _count(plain, resolve(plain), calls=False, weights=False).counts


def _audits(subject: Subject) -> tuple[Audit, ...]:
    from cnnprof.trace.peers import run_peers
    from cnnprof.trace.untouched.copying import copied

    model, request = subject.model, subject.request
    assert model is not None  # or the counters were refused
    own = copied(model) if subject.source.kind == "python" else model  # a caller's module stays as it is
    peers = run_peers(own.eval(), request.shapes, traced_dtype(request))
    return tuple(audit(peer, subject.counts) for peer in peers)
