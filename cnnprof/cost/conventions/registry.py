"""The conventions by name."""

from __future__ import annotations

from collections.abc import Callable

from cnnprof.cost.conventions.deepspeed import deepspeed
from cnnprof.cost.conventions.exceptions import with_exceptions
from cnnprof.cost.conventions.ptflops import ptflops, ptflops_aten
from cnnprof.cost.conventions.thop import thop
from cnnprof.cost.conventions.torchinfo import torchinfo
from cnnprof.cost.conventions.torchprofile import torchprofile
from cnnprof.cost.conventions.torchstat import torchstat
from cnnprof.cost.conventions.totals import fvcore, paper, torch
from cnnprof.errors import unknown
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Graph

REGISTRY: dict[str, Callable[[Graph], Convention]] = {
    "paper": paper,
    "fvcore": fvcore,
    "thop": thop,
    "ptflops": ptflops,
    "ptflops-aten": ptflops_aten,
    "torchinfo": torchinfo,
    "torchprofile": torchprofile,
    "torch": torch,
    "torchstat": torchstat,
    "deepspeed": deepspeed,
}


def apply_convention(name: str, graph: Graph) -> Convention:
    """What the counter ``name`` prints for this network; UnknownNameError for an unknown name."""
    if name not in REGISTRY:
        raise unknown("convention", name, REGISTRY)
    return with_exceptions(REGISTRY[name](graph), graph)


def apply_all(graph: Graph) -> tuple[Convention, ...]:
    """Every convention on one graph, in the order of the registry: ``paper`` first."""
    return tuple(apply_convention(name, graph) for name in REGISTRY)


CONVENTIONS = tuple(REGISTRY)
