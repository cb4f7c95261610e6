"""THE FLOW, one function an arrow: resolve -> trace -> cost -> measure -> Profile."""

from cnnprof.cost.conventions.registry import REGISTRY
from cnnprof.pipeline.conventions import count_conventions
from cnnprof.pipeline.flow import compare, count, count_entries, describe_environment, profile
from cnnprof.pipeline.guidelines import assess_guidelines
from cnnprof.runtimes.registry import DEVICES, DTYPES, RUNTIMES

CONVENTIONS = tuple(REGISTRY)

__all__ = [
    "CONVENTIONS",
    "DEVICES",
    "DTYPES",
    "RUNTIMES",
    "assess_guidelines",
    "compare",
    "count",
    "count_conventions",
    "count_entries",
    "describe_environment",
    "profile",
]
