"""The conventions by name."""

from __future__ import annotations

from collections.abc import Callable

from cnnprof.cost.conventions.torchstat import torchstat
from cnnprof.cost.conventions.totals import fvcore, paper, torch
from cnnprof.errors import unknown
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Graph

REGISTRY: dict[str, Callable[[Graph], Convention]] = {
    "paper": paper,
    "fvcore": fvcore,
    "torch": torch,
    "torchstat": torchstat,
}


def apply_convention(name: str, graph: Graph) -> Convention:
    """What the counter ``name`` prints for this network; UnknownNameError for an unknown name."""
    if name not in REGISTRY:
        raise unknown("convention", name, REGISTRY)
    return REGISTRY[name](graph)
