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
    table8,
)
from cnnprof.records.experiment import Experiment

MODULES = (g1, g2, g3, g4, table8, efficientnet_scaling, mobilenet_v3, ghostnet, micronet)
EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {module.EXPERIMENT.name: module.EXPERIMENT for module in MODULES}
)
ELSEWHERE = "elsewhere"
ELSEWHERE_TITLE = "published times, ranked by counts"
NAMES = (*EXPERIMENTS, ELSEWHERE)


def find_experiment(name: str) -> Experiment:
    """The experiment called ``name``; UnknownNameError with the nearest names otherwise."""
    if name not in EXPERIMENTS:
        raise unknown("experiment", name, NAMES, otherwise=f"one of: {', '.join(NAMES)}")
    return EXPERIMENTS[name]
