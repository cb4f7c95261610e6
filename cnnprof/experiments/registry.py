"""All experiments by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnprof.errors import unknown
from cnnprof.experiments import (
    efficientnet_scaling,
    g1,
    g2,
    g3,
    g4,
    ghostnet,
    micronet,
    mobilenet_v3,
    ncnn,
    table8,
    timm,
)
from cnnprof.records.experiment import Experiment

MODULES = (g1, g2, g3, g4, table8, efficientnet_scaling, mobilenet_v3, ghostnet, micronet)
EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {module.EXPERIMENT.name: module.EXPERIMENT for module in MODULES}
)
ELSEWHERE = "elsewhere"
ELSEWHERE_TITLE = "published times, ranked by counts"
NAMES = (*EXPERIMENTS, ELSEWHERE)


def networks_elsewhere() -> int:
    """How many different networks of the zoo the published latencies are of: ncnn and timm share some."""
    return len({row.model for source in (ncnn, timm) for row in source.NETWORKS.values()})


def find_experiment(name: str) -> Experiment:
    """The experiment called ``name``; UnknownNameError with the nearest names otherwise."""
    if name not in EXPERIMENTS:
        raise unknown("experiment", name, NAMES, otherwise=f"one of: {', '.join(NAMES)}")
    return EXPERIMENTS[name]
